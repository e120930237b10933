#include "io/atomic_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <random>
#include <string_view>
#include <system_error>
#include <utility>

namespace tally::io {
namespace {

[[noreturn]] void fail(const std::string& file, const char* what, int error) {
  throw Error(fmt::format("{}: {}: {}", file, what, std::generic_category().message(error)));
}

/// Paths that remove_pending_files unlinks. A slot's text is never freed while the slot shows it.
std::array<std::atomic<char*>, 64> pending_files{};

/// Enters a path; -1 where the table is full (the file is then only removed when the stack unwinds).
int enter_pending(const std::string& path) {
  char* text = ::strdup(path.c_str());
  for (std::size_t i = 0; text != nullptr && i < pending_files.size(); ++i) {
    char* free_slot = nullptr;
    if (pending_files[i].compare_exchange_strong(free_slot, text)) return static_cast<int>(i);
  }
  std::free(text);
  return -1;
}

void leave_pending(int slot) {
  if (slot >= 0) std::free(pending_files[static_cast<std::size_t>(slot)].exchange(nullptr));
}

/// A file descriptor that is closed at the end of its scope.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

/// Where the bytes of `target` really lie: a symbolic link is followed, so that what it names is replaced and the link
/// stays. The path itself where it does not exist yet.
std::string resolve(const std::string& target) {
  std::error_code ignored;
  const auto resolved = std::filesystem::canonical(target, ignored);
  return ignored ? target : resolved.string();
}

/// N of /dev/fd/N, /proc/self/fd/N, or of the standard streams' names; -1 for another name. What such a name leads to
/// is open already, and somebody else goes on writing to it.
int descriptor_named(const std::string& target) {
  if (target == "/dev/stdout") return STDOUT_FILENO;
  if (target == "/dev/stderr") return STDERR_FILENO;
  for (const std::string_view folder : {"/dev/fd/", "/proc/self/fd/"}) {
    int number = -1;
    if (!target.starts_with(folder)) continue;
    const char* const end = target.data() + target.size();
    const auto [parsed, error] = std::from_chars(target.data() + folder.size(), end, number);
    if (error == std::errc() && parsed == end) return number;
  }
  return -1;
}

std::string folder_of(const std::string& file) {
  const auto folder = std::filesystem::path(file).parent_path().string();
  return folder.empty() ? "." : folder;
}

/// Creates an empty file beside `beside` under a name that nobody has. Its mode is 0666 less the umask; mkstemp's 0600
/// would have to be undone, and the umask cannot be read without setting it for all threads.
std::string create_beside(const std::string& beside, const std::string& target) {
  std::random_device random;
  const std::string folder = folder_of(beside);
  for (int attempt = 0;; ++attempt) {
    const std::string name = fmt::format("{}/.tally-{:08x}{:08x}", folder, random(), random());
    const int fd = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd >= 0) {
      ::close(fd);
      return name;
    }
    if (errno != EEXIST || attempt == 100) fail(target, "cannot be written", errno);
  }
}

void write_all(int fd, const std::string& content, const std::string& target) {
  std::size_t done = 0;
  while (done < content.size()) {
    const ssize_t n = ::write(fd, content.data() + done, content.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail(target, "cannot be written", errno);
    done += static_cast<std::size_t>(n);
  }
}

void sync_file(const std::string& file, const std::string& target) {
  const Descriptor fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0 || ::fsync(fd.get()) != 0) fail(target, "cannot be written", errno);
}

/// Makes the rename itself durable. Some file systems know no fsync of a folder: EINVAL there is no failure.
void sync_folder(const std::string& file, const std::string& target) {
  const Descriptor fd(::open(folder_of(file).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() < 0) return;  // a folder one may write to but not list
  if (::fsync(fd.get()) != 0 && errno != EINVAL) fail(target, "its folder cannot be synced", errno);
}

}  // namespace

AtomicFile::AtomicFile(std::string target) : target_(std::move(target)) {
  if (target_.empty()) throw Error("the name of an output file is empty");
  struct stat status {};
  const bool exists = ::stat(target_.c_str(), &status) == 0;
  if (exists && S_ISDIR(status.st_mode)) throw Error(fmt::format("{}: is a folder, not a file", target_));
  if (exists && ::access(target_.c_str(), W_OK) != 0) fail(target_, "cannot be written", errno);
  if (exists && (!S_ISREG(status.st_mode) || descriptor_named(target_) >= 0)) {
    direct_ = true;
    temporary_ = target_;
    return;
  }
  temporary_ = create_beside(resolve(target_), target_);
  pending_ = true;
  slot_ = enter_pending(temporary_);
  if (exists) ::chmod(temporary_.c_str(), status.st_mode & 07777);  // a file system without modes is no failure
}

AtomicFile::~AtomicFile() {
  if (pending_) ::unlink(temporary_.c_str());
  leave_pending(slot_);
}

void remove_pending_files() noexcept {
  for (const auto& slot : pending_files) {
    if (const char* path = slot.load()) ::unlink(path);
  }
}

AtomicFile::AtomicFile(AtomicFile&& other) noexcept
    : target_(std::move(other.target_)),
      temporary_(std::move(other.temporary_)),
      direct_(other.direct_),
      pending_(std::exchange(other.pending_, false)),
      slot_(std::exchange(other.slot_, -1)) {}

void AtomicFile::write(const std::string& content) {
  const int named = descriptor_named(target_);
  Descriptor fd(named >= 0 ? ::dup(named) : ::open(temporary_.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC));
  if (fd.get() < 0) fail(target_, "cannot be written", errno);
  write_all(fd.get(), content, target_);
  // A network file system may report a full disk only now.
  if (::close(fd.release()) != 0) fail(target_, "cannot be written", errno);
}

std::string AtomicFile::name_target(std::string text) const {
  if (temporary_.empty() || temporary_ == target_) return text;
  for (std::size_t at = text.find(temporary_); at != std::string::npos;
       at = text.find(temporary_, at + target_.size())) {
    text.replace(at, temporary_.size(), target_);
  }
  return text;
}

void AtomicFile::commit() {
  if (direct_ || !pending_) return;
  sync_file(temporary_, target_);
  const std::string final_name = resolve(target_);
  if (::rename(temporary_.c_str(), final_name.c_str()) != 0) fail(target_, "cannot be replaced", errno);
  pending_ = false;
  leave_pending(std::exchange(slot_, -1));
  sync_folder(final_name, target_);
}

}  // namespace tally::io

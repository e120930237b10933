#include "pipeline/plain_sharing.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <exception>
#include <fstream>
#include <map>
#include <string>
#include <utility>

#include "pipeline/broadcast.hpp"
#include "pipeline/bytes.hpp"

namespace tally::pipeline {
namespace {

/// A file that a process has open, in a form that tells it from every other file of the machine.
struct SharedFile {
  std::int64_t descriptor = -1;
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
};

struct SharedPart {
  Index first = 0;
  Index count = 0;
  std::uint64_t file = 0;  // its number
  std::uint64_t offset = 0;
};

/// Of the running system: equal on one machine only, whatever its name. Empty where the system does not say.
std::string boot_id() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  std::getline(file, id);
  return id;
}

SharedFile shared_file(int descriptor) {
  struct stat status {};
  if (fstat(descriptor, &status) != 0) return {};
  return {descriptor, status.st_dev, status.st_ino};
}

std::string description_of(const io::PlainRows& rows) {
  std::map<const io::PlainFile*, std::uint64_t> numbers;
  std::vector<SharedFile> files;
  std::vector<SharedPart> parts;
  for (const io::PlainPart& part : rows.parts()) {
    const auto [number, added] = numbers.emplace(part.file.get(), files.size());
    if (added) files.push_back(shared_file(part.file->descriptor()));
    parts.push_back({part.first, part.count, number->second, part.offset});
  }
  ByteWriter writer;
  put_text(writer, boot_id());
  put_text(writer, rows.place());
  writer.put(std::int64_t{getpid()});
  writer.put(rows.row_bytes());
  writer.put_all(files);
  writer.put_all(parts);
  return writer.take();
}

/// Null where it is not the same file, or not to be seen from here.
std::shared_ptr<const io::PlainFile> open_shared(std::int64_t process, const SharedFile& file) {
  const std::string path = "/proc/" + std::to_string(process) + "/fd/" + std::to_string(file.descriptor);
  // A process of that number may be another one, and what it has open there anything.
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (descriptor < 0) return nullptr;
  auto opened = std::make_shared<const io::PlainFile>(descriptor);
  const SharedFile found = shared_file(descriptor);
  return found.device == file.device && found.inode == file.inode ? opened : nullptr;
}

std::unique_ptr<io::PlainRows> open_described(const std::string& description) {
  ByteReader reader(description);
  const std::string boot = get_text(reader);
  std::string place = get_text(reader);
  const auto process = reader.get<std::int64_t>();
  const auto row_bytes = reader.get<std::uint64_t>();
  if (boot.empty() || boot != boot_id()) return nullptr;
  std::vector<std::shared_ptr<const io::PlainFile>> files;
  for (const SharedFile& file : reader.get_all<SharedFile>()) {
    files.push_back(open_shared(process, file));
    if (!files.back()) return nullptr;
  }
  std::vector<io::PlainPart> parts;
  for (const SharedPart& part : reader.get_all<SharedPart>()) {
    parts.push_back({part.first, part.count, files.at(part.file), part.offset});
  }
  return std::make_unique<io::PlainRows>(std::move(place), std::move(parts), row_bytes);
}

}  // namespace

PlainSharing share_plain_rows(const MpiSession& session, const io::PlainRows* rows, bool candidate,
                              double stall_seconds) {
  PlainSharing sharing;
  std::string description = rows == nullptr ? std::string() : description_of(*rows);
  broadcast(session, description, stall_seconds);
  if (!session.root() && candidate) {
    try {
      sharing.rows = open_described(description);
    } catch (const std::exception&) {  // it is fed, then; all ranks have to meet below
    }
  }
  for (const std::string& one : all_gather(session, sharing.rows ? "1" : "", stall_seconds)) {
    sharing.ranks.push_back(!one.empty());
  }
  return sharing;
}

}  // namespace tally::pipeline

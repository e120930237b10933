#include "pipeline/shared_memory.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstring>
#include <random>
#include <string>

namespace tally::pipeline {
namespace {

constexpr std::size_t page = 4096;  // the token has one for itself, so that shards begin on a page

}  // namespace

SharedMemory::SharedMemory(std::size_t bytes) {
  if (bytes == 0) return;
  const std::size_t length = page + (bytes + page - 1) / page * page;
  const int descriptor = memfd_create("tally shards", MFD_CLOEXEC);
  if (descriptor < 0) return;
  void* const memory = ftruncate(descriptor, static_cast<off_t>(length)) == 0
                           ? mmap(nullptr, length, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0)
                           : MAP_FAILED;
  if (memory == MAP_FAILED) {
    close(descriptor);
    return;
  }
  std::random_device random;
  for (std::uint64_t& word : name_.token) word = (std::uint64_t{random()} << 32U) | random();
  std::memcpy(memory, name_.token.data(), sizeof name_.token);
  name_.process = getpid();
  name_.descriptor = descriptor;
  name_.bytes = static_cast<std::int64_t>(length);
  bytes_ = {static_cast<std::byte*>(memory) + page, length - page};
}

SharedMemory::~SharedMemory() {
  if (name_.bytes == 0) return;
  munmap(bytes_.data() - page, static_cast<std::size_t>(name_.bytes));
  close(static_cast<int>(name_.descriptor));
}

SharedView::SharedView(const SharedMemoryName& name) {
  if (name.bytes <= static_cast<std::int64_t>(page)) return;
  const std::string path = "/proc/" + std::to_string(name.process) + "/fd/" + std::to_string(name.descriptor);
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0) return;
  struct stat status {};
  const auto length = static_cast<std::size_t>(name.bytes);
  void* memory = MAP_FAILED;
  if (fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode) && status.st_size == name.bytes) {
    memory = mmap(nullptr, length, PROT_READ, MAP_SHARED, descriptor, 0);
  }
  close(descriptor);
  if (memory == MAP_FAILED) return;
  if (std::memcmp(memory, name.token.data(), sizeof name.token) != 0) {
    munmap(memory, length);
    return;
  }
  memory_ = memory;
  length_ = length;
  bytes_ = {static_cast<const std::byte*>(memory) + page, length - page};
}

SharedView::~SharedView() {
  if (memory_ != nullptr) munmap(memory_, length_);
}

}  // namespace tally::pipeline

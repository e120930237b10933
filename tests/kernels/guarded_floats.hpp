// Memory whose neighbour kills whoever touches it: assembly is not seen by AddressSanitizer.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <new>

#include "kernels/types.hpp"

namespace tally {

/// `count` floats followed by `padding` bytes and then by a page that cannot be read or written; another such page lies
/// before their first page.
class GuardedFloats {
 public:
  GuardedFloats(Index count, std::size_t padding) {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const std::size_t bytes = static_cast<std::size_t>(count) * sizeof(float) + padding;
    const std::size_t inner = (bytes + page - 1) / page * page;
    size_ = inner + 2 * page;
    memory_ = mmap(nullptr, size_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory_ == MAP_FAILED) throw std::bad_alloc();
    auto* const first = static_cast<std::byte*>(memory_) + page;
    if (mprotect(first, inner, PROT_READ | PROT_WRITE) != 0) throw std::bad_alloc();
    data_ = reinterpret_cast<float*>(first + inner - bytes);
  }
  GuardedFloats(const GuardedFloats&) = delete;
  GuardedFloats& operator=(const GuardedFloats&) = delete;
  ~GuardedFloats() { munmap(memory_, size_); }

  float* data() { return data_; }

 private:
  void* memory_ = nullptr;
  std::size_t size_ = 0;
  float* data_ = nullptr;
};

}  // namespace tally

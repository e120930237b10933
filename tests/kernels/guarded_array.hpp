// Memory whose neighbour kills whoever touches it: assembly is not seen by AddressSanitizer.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstddef>
#include <new>
#include <span>
#include <utility>

#include "kernels/types.hpp"

namespace tally {

/// Pages that can be read and written, zero at first, between two that cannot.
class GuardedPages {
 public:
  explicit GuardedPages(std::size_t bytes) {
    const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
    const std::size_t inner = (bytes + page - 1) / page * page;
    size_ = inner + 2 * page;
    memory_ = mmap(nullptr, size_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory_ == MAP_FAILED) throw std::bad_alloc();
    begin_ = static_cast<std::byte*>(memory_) + page;
    end_ = begin_ + inner;
    if (inner > 0 && mprotect(begin_, inner, PROT_READ | PROT_WRITE) != 0) throw std::bad_alloc();
  }
  GuardedPages(GuardedPages&& other) noexcept
      : memory_(std::exchange(other.memory_, nullptr)), size_(other.size_), begin_(other.begin_), end_(other.end_) {}
  GuardedPages& operator=(GuardedPages&&) = delete;
  ~GuardedPages() {
    if (memory_ != nullptr) munmap(memory_, size_);
  }

  std::byte* begin() const { return begin_; }
  std::byte* end() const { return end_; }

 private:
  void* memory_ = nullptr;
  std::size_t size_ = 0;
  std::byte* begin_ = nullptr;
  std::byte* end_ = nullptr;
};

/// Which neighbour touches an array: only one can, since pages are larger than most arrays.
enum class Guard { before, after };

/// `count` elements directly behind a page that cannot be touched, or directly before one; `padding` more elements lie
/// between them and the latter, to be read but not meant. Behind a page they are aligned to it, before one to nothing
/// but their size.
template <class T>
class GuardedArray {
 public:
  explicit GuardedArray(Index count, Guard guard = Guard::after, Index padding = 0)
      : pages_(static_cast<std::size_t>(count + padding) * sizeof(T)),
        values_(reinterpret_cast<T*>(guard == Guard::before
                                         ? pages_.begin()
                                         : pages_.end() - static_cast<std::size_t>(count + padding) * sizeof(T)),
                static_cast<std::size_t>(count)) {}

  T* data() const { return values_.data(); }
  std::span<T> span() const { return values_; }
  auto begin() const { return values_.begin(); }
  auto end() const { return values_.end(); }

 private:
  GuardedPages pages_;
  std::span<T> values_;
};

}  // namespace tally

// Memory for rows: large, not initialised, used again and again.
#pragma once

#include <cstddef>
#include <utility>

#include "kernels/large_memory.hpp"

namespace tally::pipeline {

/// Bytes on a 64-byte boundary.
class ByteBuffer {
 public:
  ByteBuffer() = default;
  ByteBuffer(ByteBuffer&& other) noexcept : memory_(std::move(other.memory_)), size_(std::exchange(other.size_, 0)) {}
  ByteBuffer& operator=(ByteBuffer&& other) noexcept {
    memory_ = std::move(other.memory_);
    size_ = std::exchange(other.size_, 0);
    return *this;
  }

  /// At least `size` bytes. Where that is more than before, the contents are lost. Throws std::bad_alloc.
  void grow(std::size_t size) {
    if (size <= size_) return;
    memory_.reset();
    size_ = 0;
    memory_ = allocate_large(size);
    size_ = size;
  }

  std::byte* data() { return static_cast<std::byte*>(memory_.get()); }
  const std::byte* data() const { return static_cast<const std::byte*>(memory_.get()); }
  std::size_t size() const { return size_; }

 private:
  LargeMemory memory_;
  std::size_t size_ = 0;
};

}  // namespace tally::pipeline

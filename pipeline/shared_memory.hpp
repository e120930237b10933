// Memory of the root that ranks of the same machine read without a copy. Local; see shard_sharing.hpp for who shares.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "kernels/types.hpp"

namespace tally::pipeline {

/// Where another process of the machine finds the memory. `bytes` 0: nowhere.
struct SharedMemoryName {
  std::int64_t process = 0;
  std::int64_t descriptor = 0;  // of that process
  std::int64_t bytes = 0;
  std::array<std::uint64_t, 2> token{};  // stands at its beginning: the process of that number may be another one
};

/// Anonymous memory, gone with its last user however that ends. Pages count once they are written.
class SharedMemory {
 public:
  /// Takes no memory where the system does not give any: bytes() is empty then.
  explicit SharedMemory(std::size_t bytes);
  ~SharedMemory();
  SharedMemory(const SharedMemory&) = delete;
  SharedMemory& operator=(const SharedMemory&) = delete;

  SharedMemoryName name() const { return name_; }
  /// Without the token.
  std::span<std::byte> bytes() const { return bytes_; }

 private:
  SharedMemoryName name_;
  std::span<std::byte> bytes_;
};

/// The same memory in another process, to be read.
class SharedView {
 public:
  /// bytes() is empty where the memory is not to be seen from here: another machine, or container, or user.
  explicit SharedView(const SharedMemoryName& name);
  ~SharedView();
  SharedView(const SharedView&) = delete;
  SharedView& operator=(const SharedView&) = delete;

  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  void* memory_ = nullptr;
  std::size_t length_ = 0;
  std::span<const std::byte> bytes_;
};

}  // namespace tally::pipeline

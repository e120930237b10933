// Bringing memory into the cache while something else is computed.
#pragma once

#include <cstddef>

#include "kernels/types.hpp"

namespace tally {

/// Asks for a run of bytes, a share with each of `calls` calls of advance(): all at once they would fill the buffers
/// that the loads of the computation need. Into L2, since it is much, and not needed at once.
class SpreadPrefetch {
 public:
  /// Nothing to do.
  SpreadPrefetch() = default;
  SpreadPrefetch(const void* data, Index bytes, Index calls)
      : next_(static_cast<const std::byte*>(data)),
        end_(next_ + bytes),
        share_(((bytes + calls - 1) / calls + line - 1) / line * line) {}

  void advance() {
    const std::byte* const stop = end_ - next_ < share_ ? end_ : next_ + share_;
    for (; next_ < stop; next_ += line) __builtin_prefetch(next_, 0, 2);
  }

 private:
  static constexpr Index line = 64;
  const std::byte* next_ = nullptr;
  const std::byte* end_ = nullptr;
  Index share_ = 0;
};

/// Asks for `count` floats that will be read and written next, into L1.
inline void prefetch_to_write(const float* data, Index count) {
  constexpr Index line = 64 / sizeof(float);
  for (Index i = 0; i < count; i += line) __builtin_prefetch(data + i, 1, 3);
}

}  // namespace tally

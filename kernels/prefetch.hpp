// Bringing memory into the cache while something else is computed.
#pragma once

#include <cstdint>

#include "kernels/types.hpp"

namespace tally {

// Addresses are integers here: the last line asked for may lie behind the object, where no pointer may point.

/// Asks for a run of bytes, a share with each of `calls` calls of advance(): all at once they would fill the buffers
/// that the loads of the computation need. Into L2, since it is much, and not needed at once.
class SpreadPrefetch {
 public:
  /// Nothing to do.
  SpreadPrefetch() = default;
  SpreadPrefetch(const void* data, Index bytes, Index calls)
      : next_(reinterpret_cast<std::uintptr_t>(data)),
        left_(bytes),
        share_(((bytes + calls - 1) / calls + line - 1) / line * line) {}

  void advance() {
    const Index asked = left_ < share_ ? left_ : share_;
    for (Index i = 0; i < asked; i += line) {
      __builtin_prefetch(reinterpret_cast<const void*>(next_ + static_cast<std::uintptr_t>(i)), 0, 2);
    }
    next_ += static_cast<std::uintptr_t>(asked);
    left_ -= asked;
  }

 private:
  static constexpr Index line = 64;
  std::uintptr_t next_ = 0;
  Index left_ = 0;
  Index share_ = 0;
};

/// Asks for `count` floats from `data` on, into L1.
inline void prefetch_near(const float* data, Index count) {
  constexpr Index line = 64;
  const auto address = reinterpret_cast<std::uintptr_t>(data);
  for (Index i = 0; i < count * static_cast<Index>(sizeof(float)); i += line) {
    __builtin_prefetch(reinterpret_cast<const void*>(address + static_cast<std::uintptr_t>(i)), 0, 3);
  }
}

/// The same by its former name.
inline void prefetch_to_write(const float* data, Index count) { prefetch_near(data, count); }

}  // namespace tally

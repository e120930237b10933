// Bringing memory into the cache while something else is computed.
#pragma once

#include <algorithm>
#include <cstdint>

#include "kernels/types.hpp"

namespace tally {

/// Asks for the line at an address, into L1. Addresses are integers here: the last line asked for may lie behind the
/// object, where no pointer may point.
inline void prefetch_line(std::uintptr_t address) {
  __builtin_prefetch(reinterpret_cast<const void*>(address), 0, 3);  // NOLINT(performance-no-int-to-ptr)
}

/// So many lines of 64 bytes from an address on.
struct LinesAhead {
  std::uintptr_t address = 0;
  Index lines = 0;
};

/// A run of bytes that will be needed soon, but not at once, asked for in small shares: all at once they would fill the
/// buffers that the loads of the computation need. The best place for that is between the instructions of a kernel
/// (take); where there is no kernel of our own, it is between two calls (advance).
class SpreadPrefetch {
 public:
  /// Nothing to do.
  SpreadPrefetch() = default;

  /// calls: how often advance() will be called. taken: how many lines are for take(); advance() asks for the rest.
  SpreadPrefetch(const void* data, Index bytes, Index calls, Index taken = 0)
      : next_(reinterpret_cast<std::uintptr_t>(data)), left_((bytes + line - 1) / line), for_taking_(taken) {
    share_ = (std::max<Index>(0, left_ - taken) + calls - 1) / std::max<Index>(1, calls);
  }

  /// Asks for a share.
  void advance() {
    const LinesAhead share = next(share_);
    for (Index i = 0; i < share.lines; ++i) {
      prefetch_line(share.address + static_cast<std::uintptr_t>(i * line));
    }
  }

  /// Up to `lines` lines for a kernel to ask for.
  LinesAhead take(Index lines) {
    const LinesAhead taken = next(std::min(lines, for_taking_));
    for_taking_ -= taken.lines;
    return taken;
  }

 private:
  static constexpr Index line = 64;

  LinesAhead next(Index lines) {
    const LinesAhead taken{next_, std::min(lines, left_)};
    next_ += static_cast<std::uintptr_t>(taken.lines * line);
    left_ -= taken.lines;
    return taken;
  }

  std::uintptr_t next_ = 0;
  Index left_ = 0;  // lines
  Index share_ = 0;
  Index for_taking_ = 0;
};

/// Asks for `count` floats from `data` on, into L1.
inline void prefetch_near(const float* data, Index count) {
  constexpr Index line = 64;
  const auto address = reinterpret_cast<std::uintptr_t>(data);
  for (Index i = 0; i < count * static_cast<Index>(sizeof(float)); i += line) {
    prefetch_line(address + static_cast<std::uintptr_t>(i));
  }
}

}  // namespace tally

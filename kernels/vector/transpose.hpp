// Squares of float32, transposed in registers.
#pragma once

#include "kernels/vector/simd.hpp"

namespace tally::TALLY_VECTOR_NAMESPACE {

// Patterns by groups of four lanes, as the instructions have them; `width` numbers the second operand's lanes.

/// a0 b0 a1 b1, or with half = 1 a2 b2 a3 b3, in each group.
template <int width, int half>
struct InterleaveOnes {
  static constexpr int at(int i) { return i / 4 * 4 + 2 * half + i % 4 / 2 + i % 2 * width; }
};
/// a0 a1 b0 b1, or with half = 1 a2 a3 b2 b3, in each group.
template <int width, int half>
struct InterleaveTwos {
  static constexpr int at(int i) { return i / 4 * 4 + 2 * half + i % 2 + i % 4 / 2 * width; }
};
/// Groups 0 and 2 (or with odd = 1, 1 and 3) of a, then those of b; of 2 groups each: group `odd` of a, then of b.
template <int width, int odd>
struct PickGroups {
  static constexpr int groups = width / 4;
  static constexpr int at(int i) {
    const int group = i / 4;
    const int from = group % (groups / 2) * 2 + odd;
    return from * 4 + i % 4 + group / (groups / 2) * width;
  }
};

/// Lane c of vector r becomes lane r of vector c.
template <int width>
TALLY_INLINE void transpose(Vector<float, width> (&r)[width]) {
  Vector<float, width> t[width];
#pragma GCC unroll 16
  for (int i = 0; i < width; i += 4) {
    const auto low01 = shuffle<InterleaveOnes<width, 0>, width>(r[i], r[i + 1]);
    const auto high01 = shuffle<InterleaveOnes<width, 1>, width>(r[i], r[i + 1]);
    const auto low23 = shuffle<InterleaveOnes<width, 0>, width>(r[i + 2], r[i + 3]);
    const auto high23 = shuffle<InterleaveOnes<width, 1>, width>(r[i + 2], r[i + 3]);
    t[i] = shuffle<InterleaveTwos<width, 0>, width>(low01, low23);
    t[i + 1] = shuffle<InterleaveTwos<width, 1>, width>(low01, low23);
    t[i + 2] = shuffle<InterleaveTwos<width, 0>, width>(high01, high23);
    t[i + 3] = shuffle<InterleaveTwos<width, 1>, width>(high01, high23);
  }
  // Group g of t[4 q + c] now is column 4 g + c of rows 4 q ... 4 q + 3.
  if constexpr (width == 4) {
    for (int i = 0; i < width; ++i) r[i] = t[i];
  } else if constexpr (width == 8) {
#pragma GCC unroll 4
    for (int c = 0; c < 4; ++c) {
      r[c] = shuffle<PickGroups<width, 0>, width>(t[c], t[c + 4]);
      r[c + 4] = shuffle<PickGroups<width, 1>, width>(t[c], t[c + 4]);
    }
  } else {
    static_assert(width == 16);
#pragma GCC unroll 4
    for (int c = 0; c < 4; ++c) {
      const auto even01 = shuffle<PickGroups<width, 0>, width>(t[c], t[c + 4]);
      const auto odd01 = shuffle<PickGroups<width, 1>, width>(t[c], t[c + 4]);
      const auto even23 = shuffle<PickGroups<width, 0>, width>(t[c + 8], t[c + 12]);
      const auto odd23 = shuffle<PickGroups<width, 1>, width>(t[c + 8], t[c + 12]);
      r[c] = shuffle<PickGroups<width, 0>, width>(even01, even23);
      r[c + 4] = shuffle<PickGroups<width, 0>, width>(odd01, odd23);
      r[c + 8] = shuffle<PickGroups<width, 1>, width>(even01, even23);
      r[c + 12] = shuffle<PickGroups<width, 1>, width>(odd01, odd23);
    }
  }
}

}  // namespace tally::TALLY_VECTOR_NAMESPACE

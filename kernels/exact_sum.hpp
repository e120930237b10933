// A sum of doubles that is exact, whatever the order: the same bits for any split of the terms over threads and ranks.
#pragma once

#include <array>
#include <cstdint>
#include <span>

namespace tally {

/// A superaccumulator (U. Kulisch's long accumulator): fixed point over the whole range of binary64, in 32-bit digits
/// held in 64-bit words, so that words may simply be added. Finite terms only; up to 2^63 terms in sum.
class ExactSum {
 public:
  /// Digits of 2^32, from 2^-1074 up; the top ones hold the carries of 2^63 terms of the largest magnitude.
  static constexpr int words = 70;

  /// Adds one finite term exactly. Throws std::invalid_argument for NaN or infinity.
  void add(double term);
  /// Adds another sum exactly.
  ExactSum& operator+=(const ExactSum& other);
  /// The exact total, rounded once to nearest, ties to even; +-infinity above the range. An empty sum is +0.
  double value() const;

  /// For messages: after `normalize`, element-wise int64 sums of the words of up to 2^30 sums represent their sum.
  void normalize();
  std::span<const std::int64_t> data() const { return digits_; }
  std::span<std::int64_t> data() { return digits_; }

 private:
  std::array<std::int64_t, words> digits_{};
  std::int64_t pending_ = 0;  // additions since the digits were last normalised
};

}  // namespace tally

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

  /// For messages: after `normalize` every word but the last is in [0, 2^32), and the last holds the sign; element-wise
  /// int64 sums of the words of up to 2^30 normalised sums represent their sum.
  void normalize();
  std::span<const std::int64_t> data() const { return digits_; }
  /// For writing such sums of words. The next addition normalises them first.
  std::span<std::int64_t> data() {
    pending_ = most_pending;
    return digits_;
  }

 private:
  // A digit grows by less than 2^32 per addition: after so many it is below 2^62.
  static constexpr std::int64_t most_pending = std::int64_t{1} << 30;

  std::array<std::int64_t, words> digits_{};
  std::int64_t pending_ = 0;  // additions since the digits were last normalised
};

}  // namespace tally

// A sum of doubles that is exact, whatever the order: the same bits for any split of the terms over threads and ranks.
#pragma once

#include <array>
#include <bit>
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
  void add(double term) {
    const auto bits = std::bit_cast<std::uint64_t>(term);
    const std::uint64_t offset = (bits >> 52U) - window_exponent;
    if (offset >= 64) return add_anywhere(term);
    const std::uint64_t mantissa = (bits & 0x000fffffffffffffU) | 0x0010000000000000U;
    const std::uint64_t low = mantissa << offset;
    const std::uint64_t high = (mantissa >> 1U) >> (63U - offset);
    window_low_ += low;
    window_high_ += high + (window_low_ < low ? 1U : 0U);
    if (window_high_ >= std::uint64_t{1} << 63U) empty_window();
  }
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
    empty_window();
    pending_ = most_pending;
    return digits_;
  }

 private:
  // A digit grows by less than 2^32 per addition: after so many it is below 2^62.
  static constexpr std::int64_t most_pending = std::int64_t{1} << 30;
  // Positive terms from 2^-50 up to 2^14, as losses are, are first collected in 128 bits apart, which is sooner done
  // than three digits: the exponent field of the smallest, and so one more than the place of their last bit among the
  // digits.
  static constexpr std::uint64_t window_exponent = 1023 - 50;

  void add_anywhere(double term);
  /// sign * mantissa * 2^(place - 1074)
  void add_at(std::uint64_t place, std::uint64_t mantissa, std::int64_t sign);
  void empty_window();
  void normalize_digits();

  std::array<std::int64_t, words> digits_{};
  std::uint64_t window_low_ = 0;
  std::uint64_t window_high_ = 0;  // below 2^63
  std::int64_t pending_ = 0;       // additions since the digits were last normalised
};

}  // namespace tally

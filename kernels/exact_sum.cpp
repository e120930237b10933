#include "kernels/exact_sum.hpp"

#include <bit>
#include <cmath>
#include <limits>
#include <stdexcept>

namespace tally {
namespace {

constexpr std::uint64_t digit_mask = 0xffffffffU;

/// digit i of a number whose digits are normalised, as an unsigned 32-bit value.
std::uint64_t digit(std::span<const std::int64_t> digits, std::size_t i) {
  return static_cast<std::uint64_t>(digits[i]) & digit_mask;
}

/// The magnitude of normalised, non-negative digits, rounded to nearest even.
double round_digits(std::span<const std::int64_t> digits) {
  std::size_t top = digits.size();
  while (top > 0 && digits[top - 1] == 0) --top;
  if (top == 0) return 0.0;
  const std::uint64_t highest = digit(digits, top - 1);
  const auto bits =
      static_cast<std::size_t>(32 - std::countl_zero(static_cast<std::uint32_t>(highest))) + 32 * (top - 1);
  // `bits` binary places are in use; the mantissa takes the upper 53 of them. Place 0 counts 2^-1074, the smallest
  // subnormal, so a number of up to 53 places is exact.
  const std::size_t dropped = bits > 53 ? bits - 53 : 0;
  const std::size_t first = dropped / 32;
  const std::size_t shift = dropped % 32;
  const auto place = [&](std::size_t i) { return i < digits.size() ? digit(digits, i) : 0U; };
  const std::uint64_t low = place(first) | (place(first + 1) << 32U);
  std::uint64_t mantissa = (low >> shift) | (shift == 0 ? 0U : place(first + 2) << (64U - shift));
  mantissa &= (std::uint64_t{1} << 53U) - 1U;
  if (dropped > 0) {
    const std::size_t half = dropped - 1;
    const bool round = ((digit(digits, half / 32) >> (half % 32)) & 1U) != 0U;
    bool sticky = (digit(digits, half / 32) & ((std::uint64_t{1} << (half % 32)) - 1U)) != 0U;
    for (std::size_t i = 0; i < half / 32 && !sticky; ++i) sticky = digits[i] != 0;
    if (round && (sticky || (mantissa & 1U) != 0U)) ++mantissa;
  }
  // The mantissa's leading bit adds 1 to the exponent field, as does a carry out of the rounding.
  constexpr std::uint64_t largest_exponent = 2046;
  if (dropped > largest_exponent - 1) return std::numeric_limits<double>::infinity();
  return std::bit_cast<double>((static_cast<std::uint64_t>(dropped) << 52U) + mantissa);
}

}  // namespace

void ExactSum::add_anywhere(double term) {
  const auto bits = std::bit_cast<std::uint64_t>(term);
  const std::uint64_t exponent = (bits >> 52U) & 0x7ffU;
  if (exponent == 0x7ffU) throw std::invalid_argument("an exact sum takes finite terms only");
  const std::uint64_t fraction = bits & 0x000fffffffffffffU;
  const std::uint64_t mantissa = exponent == 0 ? fraction : fraction | 0x0010000000000000U;
  const std::uint64_t place = exponent == 0 ? 0 : exponent - 1;  // of the mantissa's last bit
  add_at(place, mantissa, (bits >> 63U) != 0U ? -1 : 1);
}

void ExactSum::add_at(std::uint64_t place, std::uint64_t mantissa, std::int64_t sign) {
  if (pending_ >= most_pending) normalize_digits();
  ++pending_;
  const std::uint64_t shift = place % 32;
  const std::uint64_t low = mantissa << shift;
  const std::uint64_t high = (mantissa >> 32U) >> (32U - shift);
  std::int64_t* const d = &digits_[place / 32];
  d[0] += sign * static_cast<std::int64_t>(low & digit_mask);
  d[1] += sign * static_cast<std::int64_t>(low >> 32U);
  d[2] += sign * static_cast<std::int64_t>(high);
}

void ExactSum::empty_window() {
  if ((window_low_ | window_high_) == 0) return;
  add_at(window_exponent - 1, window_low_, 1);
  add_at(window_exponent - 1 + 64, window_high_, 1);
  window_low_ = 0;
  window_high_ = 0;
}

ExactSum& ExactSum::operator+=(const ExactSum& other) {
  if (pending_ >= most_pending / 2) normalize();
  if (other.pending_ >= most_pending / 2) {
    ExactSum copy = other;
    copy.normalize();
    return *this += copy;
  }
  for (std::size_t i = 0; i < digits_.size(); ++i) digits_[i] += other.digits_[i];
  pending_ += other.pending_ + 1;
  add_at(window_exponent - 1, other.window_low_, 1);
  add_at(window_exponent - 1 + 64, other.window_high_, 1);
  return *this;
}

void ExactSum::normalize() {
  empty_window();
  normalize_digits();
}

void ExactSum::normalize_digits() {
  std::int64_t carry = 0;
  for (std::size_t i = 0; i + 1 < digits_.size(); ++i) {
    // Carry apart from the digit: their sum might pass 2^63.
    const std::int64_t low =
        (digits_[i] & static_cast<std::int64_t>(digit_mask)) + (carry & static_cast<std::int64_t>(digit_mask));
    carry = (digits_[i] >> 32U) + (carry >> 32U) + (low >> 32U);
    digits_[i] = low & static_cast<std::int64_t>(digit_mask);
  }
  digits_.back() += carry;
  pending_ = 0;
}

double ExactSum::value() const {
  ExactSum copy = *this;
  copy.normalize();
  const bool negative = copy.digits_.back() < 0;
  if (negative) {
    for (std::int64_t& d : copy.digits_) d = -d;
    copy.normalize();
  }
  const double magnitude = round_digits(copy.digits_);
  return negative ? -magnitude : magnitude;
}

}  // namespace tally

// The bodies of elementary.hpp, branch-free, for loops that are vectorised. Every rounding is written down.
#pragma once

#include <cstdint>

#include "kernels/vector/inlined.hpp"

namespace tally {

/// e^x as exp_exact_bits documents it.
///
/// x = n ln 2 + r, |r| <= ln(2)/2, where n ln 2 is taken away in two parts, each with one rounding by fma. Then
/// Taylor's series of e^r up to r^13 / 13!, whose rest is below 2^-57. 2^n is applied in two factors, so that neither
/// overflows or is subnormal before the result is.
TALLY_INLINE double exp_inlined(double x) {
  constexpr double log2_e = 0x1.71547652b82fep+0;
  constexpr double ln2_high = 0x1.62e42fefa39efp-1;
  constexpr double ln2_low = 0x1.abc9e3b39803fp-56;
  constexpr double magic = 0x1.8p+52;  // adding it rounds to an integer, on any instruction set
  const double above = x < -750.0 ? -750.0 : x;
  const double bounded = above > 710.0 ? 710.0 : above;  // NaN passes both
  const double shifted = __builtin_fma(bounded, log2_e, magic);
  const double n = shifted - magic;
  const double r = __builtin_fma(n, -ln2_low, __builtin_fma(n, -ln2_high, bounded));
  double p = 1.0 / 6227020800.0;
  p = __builtin_fma(p, r, 1.0 / 479001600.0);
  p = __builtin_fma(p, r, 1.0 / 39916800.0);
  p = __builtin_fma(p, r, 1.0 / 3628800.0);
  p = __builtin_fma(p, r, 1.0 / 362880.0);
  p = __builtin_fma(p, r, 1.0 / 40320.0);
  p = __builtin_fma(p, r, 1.0 / 5040.0);
  p = __builtin_fma(p, r, 1.0 / 720.0);
  p = __builtin_fma(p, r, 1.0 / 120.0);
  p = __builtin_fma(p, r, 1.0 / 24.0);
  p = __builtin_fma(p, r, 1.0 / 6.0);
  p = __builtin_fma(p, r, 0.5);
  p = __builtin_fma(p, r, 1.0);
  p = __builtin_fma(p, r, 1.0);
  // The low bits of `shifted` are n in two's complement. 2^512 p and 2^-512 p are normal, and so is the other factor,
  // whichever sign n has; for n >= 0 the first product may be too large only where the result is.
  const auto bits = bits_as<std::uint64_t>(shifted);
  const bool negative = n < 0.0;
  const std::uint64_t offset = negative ? 512U : static_cast<std::uint64_t>(-512);
  const double first = bits_as<double>((bits + offset + 1023U) << 52U);
  const double second = negative ? 0x1p-512 : 0x1p+512;
  return (p * first) * second;
}

/// x = 2^k m with m in [sqrt(1/2), sqrt(2)), for a positive, normal, finite x.
struct BinaryParts {
  double k;
  double m;
};
TALLY_INLINE BinaryParts binary_parts(double x) {
  constexpr std::uint64_t sqrt_half = 0x3fe6a09e667f3bcdU;  // the bits of the smallest m
  constexpr std::uint64_t fraction = 0x000fffffffffffffU;
  constexpr std::uint64_t bias = 1023;
  const std::uint64_t above = bits_as<std::uint64_t>(x) - sqrt_half;
  const double m = bits_as<double>((above & fraction) + sqrt_half);
  // An integer becomes a double without a conversion, which AVX2 lacks: as the last bits of 2^52 + k + bias.
  const std::uint64_t biased = (above + (bias << 52U)) >> 52U;
  const double k = bits_as<double>(biased | 0x4330000000000000U) - (0x1p+52 + static_cast<double>(bias));
  return {k, m};
}

/// k ln 2 + ln(1 + f) + c for sqrt(1/2) <= 1 + f < sqrt(2), |c| at most half an ULP of the rest, or f = 0.
///
/// ln(1 + f) = 2 artanh(s), s = f / (2 + f). As 2 s = f - s f, and s f = f^2 / 2 - s f^2 / 2,
///   ln(1 + f) = f - (f^2 / 2 - s (f^2 / 2 + T)),   T = 2 s^2 / 3 + 2 s^4 / 5 + ...,
/// in which f is exact and all rest is small beside it: that is where the last bits come from (the arrangement is that
/// of K. C. Ng's log in fdlibm; the series here is plain Taylor, cut where s^2 <= 0.0295 makes its rest < 2^-60).
TALLY_INLINE double log_of_parts(double k, double f, double c) {
  constexpr double ln2_high = 0x1.62e42fefa38p-1;  // 42 bits: exact times any k
  constexpr double ln2_low = 0x1.ef35793c7673p-45;
  const double s = f / (2.0 + f);
  const double z = s * s;
  double t = 2.0 / 23.0;
  t = __builtin_fma(t, z, 2.0 / 21.0);
  t = __builtin_fma(t, z, 2.0 / 19.0);
  t = __builtin_fma(t, z, 2.0 / 17.0);
  t = __builtin_fma(t, z, 2.0 / 15.0);
  t = __builtin_fma(t, z, 2.0 / 13.0);
  t = __builtin_fma(t, z, 2.0 / 11.0);
  t = __builtin_fma(t, z, 2.0 / 9.0);
  t = __builtin_fma(t, z, 2.0 / 7.0);
  t = __builtin_fma(t, z, 2.0 / 5.0);
  t = __builtin_fma(t, z, 2.0 / 3.0);
  const double half_square = 0.5 * f * f;
  const double small = __builtin_fma(s, __builtin_fma(t, z, half_square), __builtin_fma(k, ln2_low, c));
  return __builtin_fma(k, ln2_high, f - (half_square - small));
}

/// ln(1 + x) for a finite x > -1, without loss near 0: 1 + x is rounded, but what it lost is exact, and its share of
/// the logarithm is lost / (1 + x). For x below 2^-53 it is all there is.
TALLY_INLINE double log1p_inlined(double x) {
  const double sum = 1.0 + x;
  const double lost_of_one = 1.0 - (sum - x);
  const double lost_of_x = x - (sum - 1.0);
  const BinaryParts parts = binary_parts(sum);
  return log_of_parts(parts.k, parts.m - 1.0, (x > 1.0 ? lost_of_one : lost_of_x) / sum);
}

}  // namespace tally

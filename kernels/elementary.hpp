// exp and log in double precision with our own bits: the C library picks other code on other CPUs, and its last bit
// would differ between nodes.
#pragma once

#include <bit>
#include <cstdint>
#include <limits>

#include "kernels/multiversion.hpp"

namespace tally {

/// e^x, within 1 ULP (measured: 0.88); 0 below -745.14, infinity above 709.79,
/// NaN for NaN. Explicit fma only.
double exp_exact_bits(double x);

/// ln x for x > 0, within 1 ULP (measured: 0.84); -infinity for 0, infinity for infinity, NaN for negative or NaN.
double log_exact_bits(double x);

/// ln(1 + x) for x > -1, within 2 ULP (measured: 0.85), without loss near 0; -infinity for -1, NaN below.
double log1p_exact_bits(double x);

/// The body of exp_exact_bits, branch-free, for loops that are vectorised.
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
  const auto bits = std::bit_cast<std::uint64_t>(shifted);
  const bool negative = n < 0.0;
  const std::uint64_t offset = negative ? 512U : static_cast<std::uint64_t>(-512);
  const double first = std::bit_cast<double>((bits + offset + 1023U) << 52U);
  const double second = negative ? 0x1p-512 : 0x1p+512;
  return (p * first) * second;
}

}  // namespace tally

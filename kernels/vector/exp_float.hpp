// e^x in float32 as pieces: reduction, polynomial and power of two, which each activation puts together in its own
// order so that nothing overflows and no small value is lost. Branch-free, for use inside vectorised loops.
#pragma once

#include <cstdint>

#include "kernels/vector/inlined.hpp"

namespace tally {

/// x = n ln 2 + r with |r| <= ln(2)/2 (1 + 2^-20). Holds for |x| < 2^21; NaN gives r = NaN and some n.
struct ReducedExponent {
  float r;
  std::uint32_t n;  // modulo 2^9: all that power_of_two needs
};

/// correction: the rest of an argument that one float32 cannot hold, a few ulp(x) at most. It is added to r, which is
/// finer.
TALLY_INLINE ReducedExponent reduce_exponent(float x, float correction = 0.0F) {
  constexpr float log2_e = 0x1.715476p+0F;
  constexpr float ln2_high = 0x1.62e43p-1F;          // ln 2 rounded to float32 ...
  constexpr float ln2_low = -1.90465429995776e-09F;  // ... and what is missing
  constexpr float magic = 0x1.8p+23F;                // adding it rounds to an integer, on any instruction set
  const float shifted = __builtin_fmaf(x, log2_e, magic);
  const float n = shifted - magic;
  const float r = __builtin_fmaf(n, -ln2_high, x);
  return {__builtin_fmaf(n, -ln2_low, r) + correction, bits_as<std::uint32_t>(shifted)};
}

/// 2^(n + shift) and 2^(shift - n); the exponent must lie in [-126, 127]. (The bits of `magic` vanish in the shift.)
TALLY_INLINE float power_of_two(std::uint32_t n, int shift = 0) {
  return bits_as<float>((n + static_cast<std::uint32_t>(127 + shift)) << 23U);
}
TALLY_INLINE float inverse_power_of_two(std::uint32_t n, int shift = 0) {
  return bits_as<float>((static_cast<std::uint32_t>(127 + shift) - n) << 23U);
}

/// (scale / r^2) (e^r - 1 - r) for |r| <= ln(2)/2, `scale` a power of two known at compile time. The polynomial is our
/// own minimax fit (Lawson iteration, coefficients rounded to float32 one by one), |error of e^r| <= 0.12 ULP.
TALLY_INLINE float exp_tail(float r, float scale) {
  float q = 1.387067488e-03F * scale;
  q = __builtin_fmaf(q, r, 8.366258815e-03F * scale);
  q = __builtin_fmaf(q, r, 4.166743532e-02F * scale);
  q = __builtin_fmaf(q, r, 1.666654646e-01F * scale);
  return __builtin_fmaf(q, r, 4.999999702e-01F * scale);
}

/// scale e^r.
TALLY_INLINE float exp_reduced(float r, float scale = 1.0F) {
  return __builtin_fmaf(__builtin_fmaf(exp_tail(r, scale), r, scale), r, scale);
}

/// e^x for -104 <= x <= 0; subnormal results are rounded once. NaN gives NaN.
TALLY_INLINE float exp_nonpositive(float x) {
  const ReducedExponent e = reduce_exponent(x);
  return exp_reduced(e.r, 0x1p-24F) * power_of_two(e.n, 24);
}

/// e^x - 1 for -30 <= x <= 0, with relative accuracy at 0. NaN gives NaN.
TALLY_INLINE float expm1_nonpositive(float x) {
  const ReducedExponent e = reduce_exponent(x);
  const float scale = power_of_two(e.n);
  const float small = __builtin_fmaf(e.r * e.r, exp_tail(e.r, 1.0F), e.r);
  return __builtin_fmaf(scale, small, scale - 1.0F);
}

}  // namespace tally

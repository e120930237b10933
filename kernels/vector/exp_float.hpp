// e^x in float32 as pieces: reduction, polynomial and power of two, which each activation puts together in its own
// order so that nothing overflows and no small value is lost. For vectors and pairs; no branch.
#pragma once

#include "kernels/vector/pair.hpp"

namespace tally::TALLY_VECTOR_NAMESPACE {

/// x = n ln 2 + r with |r| <= ln(2)/2 (1 + 2^-20). Holds for |x| < 2^21; NaN gives r = NaN.
template <class V>
struct ReducedExponent {
  V r;
  V shifted;  // 1.5 2^23 + n, for power_of_two; NaN gives some n
};

template <class V>
TALLY_INLINE ReducedExponent<V> reduce_exponent(V x) {
  constexpr float log2_e = 0x1.715476p+0F;
  constexpr float ln2_high = 0x1.62e43p-1F;          // ln 2 rounded to float32 ...
  constexpr float ln2_low = -1.90465429995776e-09F;  // ... and what is missing
  constexpr float magic = 0x1.8p+23F;                // adding it rounds to an integer, on any instruction set
  const V shifted = multiply_add(x, log2_e, magic);
  const V n = shifted - magic;
  const V r = multiply_add(n, -ln2_high, x);
  return {multiply_add(n, -ln2_low, r), shifted};
}

/// correction: the rest of an argument that one float32 cannot hold, a few ulp(x) at most. It is added to r, which is
/// finer.
template <class V>
TALLY_INLINE ReducedExponent<V> reduce_exponent(V x, V correction) {
  const ReducedExponent<V> e = reduce_exponent(x);
  return {e.r + correction, e.shifted};
}

/// 2^(n + shift) and 2^(shift - n); the exponent must lie in [-126, 127]. Of `shifted` the lowest 9 bits, which are
/// n's, stay.
template <class V>
TALLY_INLINE V power_of_two(V shifted, int shift = 0) {
  return bits_as<V>((bits_as<BitsOf<V>>(shifted) + static_cast<std::uint32_t>(127 + shift)) << 23);
}
template <class V>
TALLY_INLINE Pair<V> power_of_two(Pair<V> shifted, int shift = 0) {
  return {power_of_two(shifted.first, shift), power_of_two(shifted.second, shift)};
}
template <class V>
TALLY_INLINE V inverse_power_of_two(V shifted, int shift = 0) {
  return bits_as<V>((static_cast<std::uint32_t>(127 + shift) - bits_as<BitsOf<V>>(shifted)) << 23);
}
template <class V>
TALLY_INLINE Pair<V> inverse_power_of_two(Pair<V> shifted, int shift = 0) {
  return {inverse_power_of_two(shifted.first, shift), inverse_power_of_two(shifted.second, shift)};
}

/// (scale / r^2) (e^r - 1 - r) for |r| <= ln(2)/2, `scale` a power of two known at compile time. The polynomial is our
/// own minimax fit (Lawson iteration, coefficients rounded to float32 one by one), |error of e^r| <= 0.12 ULP.
template <class V>
TALLY_INLINE V exp_tail(V r, float scale) {
  V q = multiply_add(r, 1.387067488e-03F * scale, 8.366258815e-03F * scale);
  q = multiply_add(q, r, 4.166743532e-02F * scale);
  q = multiply_add(q, r, 1.666654646e-01F * scale);
  return multiply_add(q, r, 4.999999702e-01F * scale);
}

/// scale e^r.
template <class V>
TALLY_INLINE V exp_reduced(V r, float scale = 1.0F) {
  return multiply_add(multiply_add(exp_tail(r, scale), r, scale), r, scale);
}

/// e^x for -104 <= x <= 0; subnormal results are rounded once. NaN gives NaN.
template <class V>
TALLY_INLINE V exp_nonpositive(V x) {
  const ReducedExponent<V> e = reduce_exponent(x);
  return exp_reduced(e.r, 0x1p-24F) * power_of_two(e.shifted, 24);
}

/// e^x - 1 for -30 <= x <= 0, with relative accuracy at 0. NaN gives NaN.
template <class V>
TALLY_INLINE V expm1_nonpositive(V x) {
  const ReducedExponent<V> e = reduce_exponent(x);
  const V scale = power_of_two(e.shifted);
  const V small = multiply_add(e.r * e.r, exp_tail(e.r, 1.0F), e.r);
  return multiply_add(scale, small, scale - 1.0F);
}

}  // namespace tally::TALLY_VECTOR_NAMESPACE

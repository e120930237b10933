// The bodies of elementary.hpp, on vectors and pairs of them, without a branch. Every rounding is written down.
#pragma once

#include "kernels/vector/pair.hpp"

namespace tally::TALLY_VECTOR_NAMESPACE {

/// Doubles of one register.
constexpr int native_doubles = native_width / 2;

/// (e^r - 1 - r - r^2 / 2) / r^3 for |r| <= ln(2)/2: own minimax fit (Remez, coefficients rounded to double), relative
/// error of e^r below 2^-57.
template <class V>
TALLY_INLINE V exp_series(V r) {
  V p = multiply_add(r, 0x1.ad202d21d5b3dp-26, 0x1.289f81b02eedbp-22);
  p = multiply_add(p, r, 0x1.71df5521cc909p-19);
  p = multiply_add(p, r, 0x1.a019ab35ae1c2p-16);
  p = multiply_add(p, r, 0x1.a01a011c381bep-13);
  p = multiply_add(p, r, 0x1.6c16c17cc0bf0p-10);
  p = multiply_add(p, r, 0x1.111111112882cp-7);
  p = multiply_add(p, r, 0x1.555555555320ep-5);
  return multiply_add(p, r, 0x1.5555555555501p-3);
}

/// p 2^n, rounded once, for p in [0.7, 1.5], an integer n in [-1082, 1025] and shifted = 1.5 2^52 + n. In two factors,
/// so that neither overflows or is subnormal before the result is. The low bits of `shifted` are n in two's complement.
template <class V>
TALLY_INLINE V scale_by_power(V p, V n, V shifted) {
#if defined(__AVX512F__)
  if constexpr (sizeof(V) == 64) {
    return bits_as<V>(_mm512_maskz_scalef_pd(static_cast<__mmask8>(-1), (__m512d)p, (__m512d)n));
  }
#endif
  // 2^512 p and 2^-512 p are normal, and so is the other factor, whichever sign n has; for n >= 0 the first product may
  // be too large only where the result is.
  using Bits = BitsOf<V>;
  const auto negative = n < 0.0;
  const Bits offset =
      select(negative, broadcast<Bits>(std::uint64_t{1023 + 512}), broadcast<Bits>(std::uint64_t{1023 - 512}));
  const V first = bits_as<V>((bits_as<Bits>(shifted) + offset) << 52);
  return (p * first) * select(negative, broadcast<V>(0x1p-512), broadcast<V>(0x1p+512));
}
/// The same for n <= 500.
template <class V>
TALLY_INLINE V scale_by_small_power(V p, [[maybe_unused]] V n, V shifted) {
#if defined(__AVX512F__)
  if constexpr (sizeof(V) == 64) return scale_by_power(p, n, shifted);
#endif
  using Bits = BitsOf<V>;
  const V first = bits_as<V>((bits_as<Bits>(shifted) + std::uint64_t{1023 + 512}) << 52);
  return (p * first) * 0x1p-512;
}
template <class V>
TALLY_INLINE Pair<V> scale_by_power(Pair<V> p, Pair<V> n, Pair<V> shifted) {
  return {scale_by_power(p.first, n.first, shifted.first), scale_by_power(p.second, n.second, shifted.second)};
}
template <class V>
TALLY_INLINE Pair<V> scale_by_small_power(Pair<V> p, Pair<V> n, Pair<V> shifted) {
  return {scale_by_small_power(p.first, n.first, shifted.first),
          scale_by_small_power(p.second, n.second, shifted.second)};
}

/// x = n ln 2 + r, |r| <= ln(2)/2, and e^r; for |x| < 2^50.
template <class V>
struct ExpParts {
  V e_to_r;
  V n;
  V shifted;  // 1.5 2^52 + n
};

/// n ln 2 is taken away in two parts, each with one rounding by fma.
template <class V>
TALLY_INLINE ExpParts<V> exp_parts(V x) {
  constexpr double log2_e = 0x1.71547652b82fep+0;
  constexpr double ln2_high = 0x1.62e42fefa39efp-1;
  constexpr double ln2_low = 0x1.abc9e3b39803fp-56;
  constexpr double magic = 0x1.8p+52;  // adding it rounds to an integer, on any instruction set
  const V shifted = multiply_add(x, log2_e, magic);
  const V n = shifted - magic;
  const V r = multiply_add(n, -ln2_low, multiply_add(n, -ln2_high, x));
  V p = multiply_add(exp_series(r), r, 0.5);
  p = multiply_add(p, r, 1.0);
  return {multiply_add(p, r, 1.0), n, shifted};
}

/// e^x as exp_exact_bits documents it.
template <class V>
TALLY_INLINE V exp_values(V x) {
  const ExpParts<V> parts = exp_parts(at_most(at_least(x, -750.0), 710.0));
  return scale_by_power(parts.e_to_r, parts.n, parts.shifted);
}

/// The same for x <= 1 or NaN, sooner done.
template <class V>
TALLY_INLINE V exp_at_most_one(V x) {
  const ExpParts<V> parts = exp_parts(at_least(x, -750.0));
  return scale_by_small_power(parts.e_to_r, parts.n, parts.shifted);
}

/// x = 2^k m with m in [sqrt(1/2), sqrt(2)), for a positive, normal, finite x.
template <class V>
struct BinaryParts {
  V k;
  V m;
};
template <class V>
TALLY_INLINE BinaryParts<V> binary_parts(V x) {
  constexpr std::uint64_t sqrt_half = 0x3fe6a09e667f3bcdU;  // the bits of the smallest m
  constexpr std::uint64_t fraction = 0x000fffffffffffffU;
  constexpr std::uint64_t bias = 1023;
  using Bits = BitsOf<V>;
  const Bits above = bits_as<Bits>(x) - sqrt_half;
  const V m = bits_as<V>((above & fraction) + sqrt_half);
  // An integer becomes a double without a conversion, which AVX2 lacks: as the last bits of 2^52 + k + bias.
  const Bits biased = (above + (bias << 52U)) >> 52;
  const V k = bits_as<V>(biased | 0x4330000000000000U) - (0x1p+52 + static_cast<double>(bias));
  return {k, m};
}

template <class V>
TALLY_INLINE BinaryParts<Pair<V>> binary_parts(Pair<V> x) {
  const BinaryParts<V> first = binary_parts(x.first);
  const BinaryParts<V> second = binary_parts(x.second);
  return {{first.k, second.k}, {first.m, second.m}};
}

/// k ln 2 + ln(1 + f) + c for sqrt(1/2) <= 1 + f < sqrt(2), |c| at most half an ULP of the rest, or f = 0.
///
/// ln(1 + f) = 2 artanh(s), s = f / (2 + f). As 2 s = f - s f, and s f = f^2 / 2 - s f^2 / 2,
///   ln(1 + f) = f - (f^2 / 2 - s (f^2 / 2 + T)),   T = 2 s^2 / 3 + 2 s^4 / 5 + ...,
/// in which f is exact and all rest is small beside it: that is where the last bits come from (the arrangement is that
/// of K. C. Ng's log in fdlibm). The series in s^2 <= 0.0295 is our own minimax fit (Remez, coefficients rounded to
/// double), relative error of the logarithm below 2^-58.
template <class V>
TALLY_INLINE V log_of_parts(V k, V f, V c) {
  constexpr double ln2_high = 0x1.62e42fefa38p-1;  // 42 bits: exact times any k
  constexpr double ln2_low = 0x1.ef35793c7673p-45;
  const V s = f / (2.0 + f);
  const V z = s * s;
  V t = multiply_add(z, 0x1.2f05638fd0081p-3, 0x1.39a1bab8120e9p-3);
  t = multiply_add(t, z, 0x1.74663ee84e67ap-3);
  t = multiply_add(t, z, 0x1.c71c52095e5e7p-3);
  t = multiply_add(t, z, 0x1.24924941f1221p-2);
  t = multiply_add(t, z, 0x1.999999997fdb8p-2);
  t = multiply_add(t, z, 0x1.5555555555592p-1);
  const V half_square = 0.5 * f * f;
  const V small = multiply_add(s, multiply_add(t, z, half_square), multiply_add(k, ln2_low, c));
  return multiply_add(k, ln2_high, f - (half_square - small));
}

/// ln(1 + x) for a finite x > -1, without loss near 0: 1 + x is rounded, but what it lost is exact, and its share of
/// the logarithm is lost / (1 + x). For x below 2^-53 it is all there is.
template <class V>
TALLY_INLINE V log1p_values(V x) {
  const V sum = 1.0 + x;
  const V lost_of_one = 1.0 - (sum - x);
  const V lost_of_x = x - (sum - 1.0);
  const BinaryParts<V> parts = binary_parts(sum);
  return log_of_parts<V>(parts.k, parts.m - 1.0, select(x > 1.0, lost_of_one, lost_of_x) / sum);
}

}  // namespace tally::TALLY_VECTOR_NAMESPACE

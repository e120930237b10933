#include "kernels/elementary.hpp"

#include <cmath>

namespace tally {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double ln2_high = 0x1.62e42fefa38p-1;  // 42 bits: exact times any exponent
constexpr double ln2_low = 0x1.ef35793c7673p-45;

/// k ln 2 + ln(1 + f) + c for |f| <= sqrt(2) - 1 (or slightly more), |c| below an ULP of the rest.
///
/// ln(1 + f) = 2 artanh(s), s = f / (2 + f). As 2 s = f - s f, and s f = f^2 / 2 - s f^2 / 2,
///   ln(1 + f) = f - (f^2 / 2 - s (f^2 / 2 + T)),   T = 2 s^2 / 3 + 2 s^4 / 5 + ...,
/// in which f is exact and all rest is small beside it: that is where the last bits come from (the arrangement is that
/// of K. C. Ng's log in fdlibm; the series here is plain Taylor, cut where s^2 <= 0.0295 makes its rest < 2^-60).
TALLY_INLINE double log_sum(double k, double f, double c) {
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

/// x = 2^k m with m in [sqrt(1/2), sqrt(2)), for a positive finite x.
struct Binary {
  double k;
  double m;
};
TALLY_INLINE Binary split(double x) {
  double shift = 0.0;
  if (x < std::numeric_limits<double>::min()) {
    x *= 0x1p+54;
    shift = -54.0;
  }
  const auto bits = std::bit_cast<std::uint64_t>(x);
  constexpr std::uint64_t sqrt_half = 0x3fe6a09e667f3bcdU;
  const std::uint64_t above = bits - sqrt_half;  // its exponent field is k, also when negative: two's complement
  const auto k = static_cast<std::int64_t>(above) >> 52U;
  const double m = std::bit_cast<double>((above & 0x000fffffffffffffU) + sqrt_half);
  return {static_cast<double>(k) + shift, m};
}

}  // namespace

TALLY_MULTIVERSION double exp_exact_bits(double x) { return exp_inlined(x); }

TALLY_MULTIVERSION double log_exact_bits(double x) {
  if (!(x > 0.0)) return x == 0.0 ? -infinity : nan;
  if (x == infinity) return x;
  const Binary b = split(x);
  return log_sum(b.k, b.m - 1.0, 0.0);
}

TALLY_MULTIVERSION double log1p_exact_bits(double x) {
  if (!(x > -1.0)) return x == -1.0 ? -infinity : nan;
  if (x == infinity || std::fabs(x) < 0x1p-54) return x;
  if (x > -0.29 && x < 0.41) return log_sum(0.0, x, 0.0);
  // 1 + x is rounded; what it lost is exact, and its share of the logarithm is lost / (1 + x).
  const double sum = 1.0 + x;
  const double lost = x > 1.0 ? 1.0 - (sum - x) : x - (sum - 1.0);
  const Binary b = split(sum);
  return log_sum(b.k, b.m - 1.0, lost / sum);
}

}  // namespace tally

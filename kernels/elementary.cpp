#include "kernels/elementary.hpp"

#include <cmath>
#include <limits>

#include "kernels/elementary_inlined.hpp"

namespace tally {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();

}  // namespace

TALLY_MULTIVERSION double exp_exact_bits(double x) { return exp_inlined(x); }

TALLY_MULTIVERSION double log_exact_bits(double x) {
  if (!(x > 0.0)) return x == 0.0 ? -infinity : nan;
  if (x == infinity) return x;
  const bool subnormal = x < std::numeric_limits<double>::min();
  const BinaryParts parts = binary_parts(subnormal ? x * 0x1p+54 : x);
  return log_of_parts(subnormal ? parts.k - 54.0 : parts.k, parts.m - 1.0, 0.0);
}

TALLY_MULTIVERSION double log1p_exact_bits(double x) {
  if (!(x > -1.0)) return x == -1.0 ? -infinity : nan;
  if (x == infinity || std::fabs(x) < 0x1p-54) return x;  // the latter for the sign of zero
  return log1p_inlined(x);
}

}  // namespace tally

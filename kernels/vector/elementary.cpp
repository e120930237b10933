// exp and log in double, one by one and in blocks. See elementary.hpp and softmax.cpp.
#include "kernels/vector/elementary_inlined.hpp"
#include "kernels/vector/entries.hpp"

namespace tally::TALLY_VECTOR_NAMESPACE {

double exp_value(double x) { return exp_inlined(x); }

double log_value(double x) {
  if (!(x > 0.0)) return x == 0.0 ? -__builtin_inf() : __builtin_nan("");
  if (x == __builtin_inf()) return x;
  const bool subnormal = x < __DBL_MIN__;
  const BinaryParts parts = binary_parts(subnormal ? x * 0x1p+54 : x);
  return log_of_parts(subnormal ? parts.k - 54.0 : parts.k, parts.m - 1.0, 0.0);
}

double log1p_value(double x) {
  if (!(x > -1.0)) return x == -1.0 ? -__builtin_inf() : __builtin_nan("");
  if (x == __builtin_inf() || __builtin_fabs(x) < 0x1p-54) return x;  // the latter for the sign of zero
  return log1p_inlined(x);
}

void add_exponentials(double* block, std::size_t n, double* lanes) {
  constexpr std::size_t lane_count = 8;
  for (std::size_t i = 0; i < n; i += lane_count) {
#pragma omp simd
    for (std::size_t j = 0; j < lane_count; ++j) {
      const double e = exp_inlined(block[i + j]);
      block[i + j] = e;
      lanes[j] += e;
    }
  }
}

}  // namespace tally::TALLY_VECTOR_NAMESPACE

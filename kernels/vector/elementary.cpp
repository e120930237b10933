// exp and log in double, one by one and in blocks. See elementary.hpp and softmax.cpp.
#include "kernels/vector/elementary_inlined.hpp"
#include "kernels/vector/entries.hpp"

namespace tally::TALLY_VECTOR_NAMESPACE {
namespace {

using Doubles = Vector<double, native_doubles>;

}  // namespace

double exp_value(double x) { return exp_values(broadcast<Doubles>(x))[0]; }

double log_value(double x) {
  if (!(x > 0.0)) return x == 0.0 ? -__builtin_inf() : __builtin_nan("");
  if (x == __builtin_inf()) return x;
  const bool subnormal = x < __DBL_MIN__;
  const BinaryParts<Doubles> parts = binary_parts(broadcast<Doubles>(subnormal ? x * 0x1p+54 : x));
  return log_of_parts<Doubles>(subnormal ? parts.k - 54.0 : parts.k, parts.m - 1.0, Doubles{})[0];
}

double log1p_value(double x) {
  if (!(x > -1.0)) return x == -1.0 ? -__builtin_inf() : __builtin_nan("");
  if (x == __builtin_inf() || __builtin_fabs(x) < 0x1p-54) return x;  // the latter for the sign of zero
  return log1p_values(broadcast<Doubles>(x))[0];
}

void add_exponentials(double* block, std::size_t n, double* lanes) {
  constexpr std::size_t lane_count = 8;
  constexpr std::size_t width = native_doubles;
  constexpr std::size_t count = lane_count / width;
  Doubles sums[count];
  for (std::size_t j = 0; j < count; ++j) sums[j] = load<Doubles>(lanes + j * width);
  for (std::size_t i = 0; i < n; i += lane_count) {
    for (std::size_t j = 0; j < count; ++j) {
      double* const at = block + i + j * width;
      const Doubles e = exp_values(load<Doubles>(at));
      store(e, at);
      sums[j] += e;
    }
  }
  for (std::size_t j = 0; j < count; ++j) store(sums[j], lanes + j * width);
}

}  // namespace tally::TALLY_VECTOR_NAMESPACE

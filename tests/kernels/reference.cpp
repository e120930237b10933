#include "tests/kernels/reference.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numbers>

namespace tally::reference {
namespace {

double expit(double x) { return x >= 0.0 ? 1.0 / (1.0 + std::exp(-x)) : std::exp(x) / (1.0 + std::exp(x)); }

/// x f, where f falls to 0 faster than x grows.
double times(double x, double f) { return f == 0.0 ? std::copysign(0.0, x) : x * f; }

double clip(double x, double low, double high) { return std::isnan(x) ? x : std::clamp(x, low, high); }

}  // namespace

double activation(const Activation& activation, double x) {
  const double alpha = static_cast<double>(activation.alpha);
  const double beta = static_cast<double>(activation.beta);
  if (std::isnan(x)) return x;
  switch (activation.kind) {
    case ActivationKind::identity:
    case ActivationKind::maxout:
      return x;
    case ActivationKind::step:
      return x > 0.0 ? 1.0 : 0.0;
    case ActivationKind::sigmoid:
      return expit(x);
    case ActivationKind::relu:
      return std::max(x, 0.0);
    case ActivationKind::leaky_relu:
    case ActivationKind::prelu:
      return x >= 0.0 ? x : times(x, alpha);
    case ActivationKind::elu:
      return x >= 0.0 ? x : alpha * std::expm1(x);
    case ActivationKind::selu:
      return 1.0507009873554804934 * (x >= 0.0 ? x : 1.6732632423543772848 * std::expm1(x));
    case ActivationKind::tanh:
      return std::tanh(x);
    case ActivationKind::gelu:
      return times(x, 0.5 * std::erfc(-x * std::numbers::sqrt2 / 2.0));
    case ActivationKind::gelu_tanh:
      return times(x, expit(2.0 * std::sqrt(2.0 * std::numbers::inv_pi) * (x + 0.044715 * x * x * x)));
    case ActivationKind::silu:
      return times(x, expit(x));
    case ActivationKind::softplus:
      return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x)));
    case ActivationKind::softsign:
      return std::isinf(x) ? std::copysign(1.0, x) : x / (1.0 + std::abs(x));
    case ActivationKind::hard_sigmoid:
      return clip(times(x, alpha) + beta, 0.0, 1.0);
    case ActivationKind::relu6:
      return clip(x, 0.0, 6.0);
    case ActivationKind::softmax:
      break;
  }
  return std::numeric_limits<double>::quiet_NaN();
}

double ulp_distance(float got, double expected) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (std::isnan(got) && std::isnan(expected)) return 0.0;
  if (std::isnan(got) || std::isnan(expected)) return infinity;
  if (std::isinf(got)) {
    const bool beyond = std::abs(expected) > 0x1.fffffep+127 && std::signbit(got) == std::signbit(expected);
    return beyond ? 0.0 : infinity;
  }
  if (std::isinf(expected)) return infinity;
  const int exponent = expected == 0.0 ? -126 : std::max(std::ilogb(expected), -126);
  return std::abs(static_cast<double>(got) - expected) / std::ldexp(1.0, exponent - 23);
}

double ulp_distance(double got, long double expected) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (std::isnan(got) && std::isnan(expected)) return 0.0;
  if (std::isnan(got) || std::isnan(expected)) return infinity;
  if (std::isinf(got)) {
    const long double largest = std::numeric_limits<double>::max();
    return std::abs(expected) > largest && std::signbit(got) == std::signbit(expected) ? 0.0 : infinity;
  }
  if (std::isinf(expected)) return infinity;
  const int exponent = expected == 0.0L ? -1022 : std::max(std::ilogb(expected), -1022);
  const long double distance = std::abs(static_cast<long double>(got) - expected);
  return static_cast<double>(distance / std::ldexp(1.0L, exponent - 52));
}

std::vector<float> strided_floats(std::uint32_t stride) {
  using limits = std::numeric_limits<float>;
  std::vector<float> values;
  for (std::uint64_t bits = 0; bits < (std::uint64_t{1} << 32U); bits += stride) {
    values.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
  }
  for (const float x : {0.0F, limits::denorm_min(), limits::min(), 1.0F, 1e4F, limits::max(), limits::infinity()}) {
    values.push_back(x);
    values.push_back(-x);
  }
  values.push_back(limits::quiet_NaN());
  return values;
}

long double log_sum_exp(std::span<const long double> a) {
  const long double m = *std::max_element(a.begin(), a.end());
  long double sum = 0.0L;
  for (const long double x : a) sum += std::exp(x - m);
  return m + std::log(sum);
}

std::vector<long double> softmax(std::span<const long double> a) {
  const long double m = *std::max_element(a.begin(), a.end());
  std::vector<long double> p;
  long double sum = 0.0L;
  for (const long double x : a) sum += p.emplace_back(std::exp(x - m));
  for (long double& x : p) x /= sum;
  return p;
}

namespace {

// Bit i of a number counts 2^(i - 1074); 2^1024 and 60 bits of carries above it.
constexpr int bit_count = 1074 + 1024 + 60;
using Bits = std::vector<int>;

Bits bits_of(double magnitude) {
  Bits bits(bit_count);
  int exponent = 0;
  const auto mantissa = static_cast<std::uint64_t>(std::ldexp(std::frexp(magnitude, &exponent), 53));
  for (int i = 0; i < 53; ++i) {
    if ((mantissa >> static_cast<unsigned>(i)) & 1U) bits[static_cast<std::size_t>(exponent - 53 + 1074 + i)] = 1;
  }
  return bits;
}

/// a += sign b, with carries of either sign left in the elements.
void accumulate(Bits& a, const Bits& b, int sign) {
  for (std::size_t i = 0; i < b.size(); ++i) a[i] += sign * b[i];
}

/// Every element 0 or 1; returns what is carried out of the top: 0, or -1 for a negative number.
int carry(Bits& a) {
  int over = 0;
  for (int& bit : a) {
    const int total = bit + over;
    over = total >= 0 ? total / 2 : -((1 - total) / 2);
    bit = total - 2 * over;
  }
  return over;
}

}  // namespace

double exact_sum(std::span<const double> terms) {
  Bits total(bit_count);
  for (const double term : terms) accumulate(total, bits_of(std::abs(term)), std::signbit(term) ? -1 : 1);
  Bits magnitude = total;
  const bool negative = carry(magnitude) < 0;
  if (negative) {
    magnitude.assign(total.size(), 0);
    accumulate(magnitude, total, -1);
    carry(magnitude);
  }
  const auto top = std::find(magnitude.rbegin(), magnitude.rend(), 1);
  if (top == magnitude.rend()) return 0.0;
  const auto high = static_cast<int>(magnitude.rend() - top) - 1;
  const int low = std::max(high - 52, 0);
  std::uint64_t mantissa = 0;
  for (int i = high; i >= low; --i)
    mantissa = 2 * mantissa + static_cast<std::uint64_t>(magnitude[static_cast<std::size_t>(i)]);
  if (low > 0 && magnitude[static_cast<std::size_t>(low - 1)] == 1) {
    const auto below = magnitude.begin() + (low - 1);
    const bool more = std::find(magnitude.begin(), below, 1) != below;
    if (more || (mantissa & 1U)) ++mantissa;
  }
  const double value = std::ldexp(static_cast<double>(mantissa), low - 1074);
  return negative ? -value : value;
}

}  // namespace tally::reference

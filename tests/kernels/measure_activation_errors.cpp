// The largest error of each activation, in units in the last place of float32, against its formula in double:
//
//   measure_activation_errors [--stride n] [activation ...]
//
// Goes through every n-th float32, by its bits; through all of them (some ten seconds for each activation) where
// no stride is given. Without names it takes every kind. Exit status 1 where a bound of activation.hpp is exceeded, 2
// for wrong arguments. TALLY_VECTOR_ISA chooses the kernels.
#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <stdexcept>
#include <string>
#include <vector>

#include "kernels/activation.hpp"
#include "tests/kernels/reference.hpp"

namespace tally {
namespace {

/// What activation.hpp promises, for x with a sign and for the others.
struct Bounds {
  const char* name;
  double negative;
  double positive;
};
constexpr std::array documented = {
    Bounds{"identity", 0, 0},     Bounds{"step", 0, 0},          Bounds{"sigmoid", 2.5, 2.5},
    Bounds{"relu", 0, 0},         Bounds{"leaky_relu", 0.5, 0},  Bounds{"prelu", 0.5, 0},
    Bounds{"elu", 1.7, 0},        Bounds{"selu", 1.9, 1.9},      Bounds{"tanh", 2.5, 2.5},
    Bounds{"gelu", 4.3, 3.7},     Bounds{"gelu_tanh", 3.4, 3.4}, Bounds{"silu", 3.3, 3.3},
    Bounds{"softplus", 2.8, 2.8}, Bounds{"softsign", 1.5, 1.5},  Bounds{"hard_sigmoid", 0.5, 0.5},
    Bounds{"relu6", 0, 0},
};
/// What the reference itself may be wrong by: some units of double.
constexpr double slack = 1e-6;

struct Worst {
  double ulps = 0.0;
  float at = 0.0F;

  void include(double distance, float x) {
    if (!(distance > ulps)) return;
    ulps = distance;
    at = x;
  }
};
struct Errors {
  Worst negative;
  Worst positive;

  void include(const Errors& other) {
    negative.include(other.negative.ulps, other.negative.at);
    positive.include(other.positive.ulps, other.positive.at);
  }
};

/// reference::ulp_distance, which takes longer than most functions, without its library calls.
double distance(float got, double expected) {
  if (!std::isfinite(got) || !std::isfinite(expected)) return reference::ulp_distance(got, expected);
  constexpr std::uint64_t smallest_exponent = 1023 - 126;
  const std::uint64_t exponent = (std::bit_cast<std::uint64_t>(expected) >> 52U) & 0x7ffU;
  const double units_per_one = std::bit_cast<double>((2046 + 23 - std::max(exponent, smallest_exponent)) << 52U);
  return std::abs(static_cast<double>(got) - expected) * units_per_one;
}

/// Of `count` floats, whose bits are first, first + stride, ...
Errors measure(const Activation& activation, std::uint64_t first, std::size_t count, std::uint64_t stride) {
  std::vector<float> x(count);
  for (std::size_t i = 0; i < count; ++i) x[i] = std::bit_cast<float>(static_cast<std::uint32_t>(first + i * stride));
  std::vector<float> y = x;
  apply_activation(activation, y.data(), static_cast<Index>(count));
  Errors errors;
  for (std::size_t i = 0; i < count; ++i) {
    const double ulps = distance(y[i], reference::activation(activation, static_cast<double>(x[i])));
    (std::signbit(x[i]) ? errors.negative : errors.positive).include(ulps, x[i]);
  }
  return errors;
}

Errors measure(const Activation& activation, std::uint64_t stride) {
  constexpr std::uint64_t at_once = 1U << 14U;
  const std::uint64_t count = ((std::uint64_t{1} << 32U) + stride - 1) / stride;
  const auto chunks = static_cast<std::int64_t>((count + at_once - 1) / at_once);
  Errors errors;
#pragma omp parallel for schedule(dynamic)
  for (std::int64_t chunk = 0; chunk < chunks; ++chunk) {
    const std::uint64_t before = static_cast<std::uint64_t>(chunk) * at_once;
    const Errors found = measure(activation, before * stride, std::min(at_once, count - before), stride);
#pragma omp critical
    errors.include(found);
  }
  return errors;
}

/// Whether the bounds hold.
bool report(const std::string& name, std::uint64_t stride) {
  const Activation activation = parse_activation(name);
  const auto* const bounds = std::find_if(documented.begin(), documented.end(), [&](const Bounds& candidate) {
    return parse_activation(candidate.name).kind == activation.kind;
  });
  if (bounds == documented.end()) throw std::invalid_argument("no error bound is documented for " + name);
  const Errors errors = measure(activation, stride);
  const bool holds =
      errors.negative.ulps <= bounds->negative + slack && errors.positive.ulps <= bounds->positive + slack;
  std::printf("%-24s x < 0: %8.5f at %-16.9g (bound %3.1f)   x >= 0: %8.5f at %-16.9g (bound %3.1f)   %s\n",
              name.c_str(), errors.negative.ulps, static_cast<double>(errors.negative.at), bounds->negative,
              errors.positive.ulps, static_cast<double>(errors.positive.at), bounds->positive,
              holds ? "holds" : "EXCEEDED");
  std::fflush(stdout);
  return holds;
}

/// A whole number from 1 to 2^31.
std::uint64_t parse_stride(const std::string& text) {
  std::size_t used = 0;
  const long value = std::stol(text, &used);
  if (used != text.size() || value < 1 || value > (1L << 31)) throw std::invalid_argument("no stride: " + text);
  return static_cast<std::uint64_t>(value);
}

int run(const std::vector<std::string>& arguments) {
  std::uint64_t stride = 1;
  std::vector<std::string> names;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--stride" && i + 1 < arguments.size()) {
      stride = parse_stride(arguments[++i]);
    } else {
      names.push_back(arguments[i]);
    }
  }
  if (names.empty()) {
    for (const Bounds& bounds : documented) names.push_back(to_string(parse_activation(bounds.name)));
    for (const char* const other : {"leaky_relu:0", "prelu:-0.3", "elu:0.3", "hard_sigmoid:0.2:0.5"}) {
      names.emplace_back(other);
    }
  }
  bool all_hold = true;
  for (const std::string& name : names) all_hold = report(name, stride) && all_hold;
  return all_hold ? 0 : 1;
}

}  // namespace
}  // namespace tally

int main(int argc, char** argv) {
  try {
    return tally::run({argv + 1, argv + argc});
  } catch (const std::exception& e) {
    std::fprintf(stderr, "measure_activation_errors: %s\n", e.what());
    return 2;
  }
}

#include "tests/kernels/reference_network.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "tests/kernels/reference.hpp"

namespace tally::reference {
namespace {

constexpr double u = 0x1p-24;             // unit roundoff of float32
constexpr double smallest = 0x1p-149;     // its smallest number
constexpr double activation_error = 8.0;  // ULP; kernels/activation.hpp promises less
constexpr double ulp_of_value = 2.0 * u;  // at most, relative

std::size_t at(Index i) { return static_cast<std::size_t>(i); }

/// No activation is steeper: selu reaches 1.76, gelu 1.13, silu 1.10.
double largest_slope(const Activation& activation, double alpha) {
  switch (activation.kind) {
    case ActivationKind::leaky_relu:
    case ActivationKind::prelu:
    case ActivationKind::elu:
    case ActivationKind::hard_sigmoid:
      return std::max(1.0, std::abs(alpha));
    case ActivationKind::selu:
      return 1.0507009873554805 * 1.6732632423543772;
    case ActivationKind::gelu:
    case ActivationKind::gelu_tanh:
    case ActivationKind::silu:
      return 1.2;
    default:
      return 1.0;
  }
}

struct Unit {
  double value;
  double bound;
};

/// Unit l of piece p before the activation.
Unit weighted_sum(const Layer& layer, Index p, Index l, const Logits& x) {
  Unit unit{static_cast<double>(layer.bias[at(p * layer.outputs + l)]), 0.0};
  double size = std::abs(unit.value);
  for (Index j = 0; j < layer.inputs; ++j) {
    const double w = static_cast<double>(layer.weights[at((p * layer.inputs + j) * layer.outputs + l)]);
    unit.value += w * x.value[at(j)];
    unit.bound += std::abs(w) * x.bound[at(j)];
    size += std::abs(w) * (std::abs(x.value[at(j)]) + x.bound[at(j)]);
  }
  unit.bound += (static_cast<double>(layer.inputs) + 2.0) * (u * size + smallest);
  return unit;
}

Unit activated(const Layer& layer, Index l, const Unit& a) {
  Activation f = layer.activation;
  if (!layer.slopes.empty()) f.alpha = layer.slopes[at(l)];
  const double value = activation(f, a.value);
  if (f.kind == ActivationKind::step) return {value, std::abs(a.value) <= a.bound ? 1.0 : 0.0};
  return {value, largest_slope(f, static_cast<double>(f.alpha)) * a.bound +
                     activation_error * (ulp_of_value * std::abs(value) + smallest)};
}

Logits layer_outputs(const Layer& layer, bool last, const Logits& x) {
  Logits z;
  for (Index l = 0; l < layer.outputs; ++l) {
    Unit best = weighted_sum(layer, 0, l, x);
    for (Index p = 1; p < layer.pieces(); ++p) {
      const Unit other = weighted_sum(layer, p, l, x);
      best = {std::max(best.value, other.value), std::max(best.bound, other.bound)};
    }
    const Unit unit = last ? best : activated(layer, l, best);
    z.value.push_back(unit.value);
    z.bound.push_back(unit.bound);
  }
  return z;
}

template <class T>
T load(const std::byte* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

/// In float32, scale and offset rounded first.
float single(float x, const InputTransform& transform) {
  return std::fma(x, static_cast<float>(transform.scale), static_cast<float>(transform.offset));
}

/// In double, rounded once.
float wide(double x, const InputTransform& transform) {
  return static_cast<float>(std::fma(x, transform.scale, transform.offset));
}

/// By the definition of binary16: sign, 5 bits of exponent, 10 of fraction.
float half(std::uint16_t bits) {
  const int exponent = (bits >> 10U) & 31;
  const int fraction = bits & 1023;
  const float sign = (bits & 0x8000U) != 0 ? -1.0F : 1.0F;
  if (exponent == 31) return fraction == 0 ? sign * HUGE_VALF : std::nanf("");
  if (exponent == 0) return sign * std::ldexp(static_cast<float>(fraction), -24);
  return sign * std::ldexp(static_cast<float>(1024 + fraction), exponent - 25);
}

}  // namespace

Sums panel_product(Index k, Index units, Index panel, const float* w, const float* x, const float* c) {
  Sums sums;
  for (Index l = 0; l < units; ++l) {
    for (Index i = 0; i < panel; ++i) {
      double value = static_cast<double>(c[l * panel + i]);
      double size = std::abs(value);
      for (Index j = 0; j < k; ++j) {
        const double product = static_cast<double>(w[j * units + l]) * static_cast<double>(x[j * panel + i]);
        value += product;
        size += std::abs(product);
      }
      sums.value.push_back(value);
      sums.bound.push_back((static_cast<double>(k) + 2.0) * (u * size + smallest));
    }
  }
  return sums;
}

Logits forward(const Model& model, std::span<const float> input) {
  Logits x;
  x.value.assign(input.begin(), input.end());
  x.bound.assign(input.size(), 0.0);
  for (const Layer& layer : model.layers) x = layer_outputs(layer, &layer == &model.layers.back(), x);
  return x;
}

float input(const StoredRows& rows, const InputTransform& transform, Index i, Index j) {
  const std::byte* from = rows.row(i) + j * static_cast<Index>(size_of(rows.type));
  switch (rows.type) {
    case StoredType::uint8:
      return single(static_cast<float>(load<std::uint8_t>(from)), transform);
    case StoredType::int8:
      return single(static_cast<float>(load<std::int8_t>(from)), transform);
    case StoredType::uint16:
      return single(static_cast<float>(load<std::uint16_t>(from)), transform);
    case StoredType::int16:
      return single(static_cast<float>(load<std::int16_t>(from)), transform);
    case StoredType::float16:
      return single(half(load<std::uint16_t>(from)), transform);
    case StoredType::float32:
      return single(load<float>(from), transform);
    case StoredType::uint32:
      return wide(static_cast<double>(load<std::uint32_t>(from)), transform);
    case StoredType::int32:
      return wide(static_cast<double>(load<std::int32_t>(from)), transform);
    case StoredType::uint64:
      return wide(static_cast<double>(load<std::uint64_t>(from)), transform);
    case StoredType::int64:
      return wide(static_cast<double>(load<std::int64_t>(from)), transform);
    case StoredType::float64:
      return wide(load<double>(from), transform);
  }
  return 0.0F;
}

}  // namespace tally::reference

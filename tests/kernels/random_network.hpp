// Random networks of any shape and activation, and rows to run through them.
#pragma once

#include <cmath>
#include <cstring>
#include <random>
#include <span>
#include <vector>

#include "kernels/input.hpp"
#include "kernels/model.hpp"

namespace tally {

/// Weights of a size that keeps activations near 1. `widths`: inputs, then the outputs of each layer; `hidden` is the
/// activation of all but the last.
inline Model random_model(std::mt19937_64& random, const std::vector<Index>& widths, const Activation& hidden,
                          ActivationKind output) {
  Model model;
  for (std::size_t i = 0; i + 1 < widths.size(); ++i) {
    Layer layer;
    layer.inputs = widths[i];
    layer.outputs = widths[i + 1];
    layer.activation = i + 2 < widths.size() ? hidden : default_activation(output);
    std::normal_distribution<float> weight(0.0F, 1.0F / std::sqrt(static_cast<float>(layer.inputs)));
    layer.weights.resize(static_cast<std::size_t>(layer.pieces() * layer.inputs * layer.outputs));
    for (float& w : layer.weights) w = weight(random);
    layer.bias.resize(static_cast<std::size_t>(layer.pieces() * layer.outputs));
    for (float& b : layer.bias) b = weight(random);
    if (layer.activation.kind == ActivationKind::prelu) {
      layer.slopes.resize(static_cast<std::size_t>(layer.outputs));
      for (float& slope : layer.slopes) slope = weight(random);
    }
    model.layers.push_back(std::move(layer));
  }
  return model;
}

/// Any hidden activation, with any parameters that keep numbers finite.
inline Activation random_activation(std::mt19937_64& random) {
  Activation activation =
      default_activation(static_cast<ActivationKind>(random() % static_cast<unsigned>(ActivationKind::softmax)));
  std::uniform_real_distribution<float> factor(-1.5F, 1.5F);
  if (activation.alpha != 0.0F) activation.alpha = factor(random);
  if (activation.beta != 0.0F) activation.beta = factor(random);
  if (activation.kind == ActivationKind::maxout) activation.pieces = 1 + static_cast<int>(random() % 4);
  return activation;
}

/// Another activation in each layer, and any of the three outputs.
inline Model random_model(std::mt19937_64& random, const std::vector<Index>& widths) {
  constexpr ActivationKind outputs[] = {ActivationKind::softmax, ActivationKind::identity, ActivationKind::sigmoid};
  const ActivationKind output = widths.back() == 1 ? ActivationKind::sigmoid : outputs[random() % 3];
  Model model;
  for (std::size_t i = 0; i + 1 < widths.size(); ++i) {
    const bool last = i + 2 == widths.size();
    Model layer = random_model(random, {widths[i], widths[i + 1], 1}, random_activation(random), output);
    if (last) layer = random_model(random, {widths[i], widths[i + 1]}, {}, output);
    model.layers.push_back(std::move(layer.layers.front()));
  }
  return model;
}

/// 1 to 5 layers of up to `widest` units, the half of them small.
inline std::vector<Index> random_widths(std::mt19937_64& random, Index widest) {
  std::vector<Index> widths(2 + random() % 5);
  for (Index& width : widths) {
    width = 1 + static_cast<Index>(random() % static_cast<std::uint64_t>(random() % 2 == 0 ? widest : 20));
  }
  return widths;
}

/// float32 rows of normal numbers.
class RandomRows {
 public:
  RandomRows(std::mt19937_64& random, Index rows, Index inputs)
      : inputs_(inputs), values_(static_cast<std::size_t>(rows * inputs)) {
    std::normal_distribution<float> normal;
    for (float& x : values_) x = normal(random);
  }

  StoredRows stored() const {
    return {reinterpret_cast<const std::byte*>(values_.data()), StoredType::float32,
            static_cast<Index>(values_.size()) / inputs_, inputs_};
  }
  std::span<float> row(Index i) {
    return std::span(values_).subspan(static_cast<std::size_t>(i * inputs_), static_cast<std::size_t>(inputs_));
  }

 private:
  Index inputs_;
  std::vector<float> values_;
};

}  // namespace tally

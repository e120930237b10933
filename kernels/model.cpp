#include "kernels/model.hpp"

#include <cmath>

namespace tally {
namespace {

/// a b, or an Error: sizes come from files.
Index product(Index a, Index b, const std::string& layer) {
  Index result = 0;
  if (__builtin_mul_overflow(a, b, &result)) {
    throw Error(layer + " is too large: " + std::to_string(a) + " x " + std::to_string(b) + " parameters");
  }
  return result;
}

void check_size(const std::string& layer, const char* what, std::size_t found, Index expected,
                const std::string& shape) {
  if (static_cast<Index>(found) == expected) return;
  throw Error(layer + " has " + std::to_string(found) + " " + what + ", but its shape " + shape + " needs " +
              std::to_string(expected));
}

void check_vectors(const Layer& layer, const std::string& name) {
  const Index units = product(layer.pieces(), layer.outputs, name);
  const std::string pieces = layer.pieces() == 1 ? "" : std::to_string(layer.pieces()) + " x ";
  const std::string shape = pieces + std::to_string(layer.inputs) + " x " + std::to_string(layer.outputs);
  check_size(name, "weights", layer.weights.size(), product(units, layer.inputs, name), shape);
  check_size(name, "biases", layer.bias.size(), units, shape);
  if (layer.slopes.empty()) return;
  if (layer.activation.kind != ActivationKind::prelu) {
    throw Error(name + " has slopes, but its activation is " + to_string(layer.activation.kind) + ", not prelu");
  }
  check_size(name, "slopes", layer.slopes.size(), layer.outputs, shape);
}

void check_activation(const Layer& layer, const std::string& name, bool last) {
  const Activation& f = layer.activation;
  const bool maxout = f.kind == ActivationKind::maxout;
  if (maxout ? f.pieces < 1 : f.pieces != 1) {
    throw Error(name + " (" + to_string(f.kind) + ") has " + std::to_string(f.pieces) + " pieces");
  }
  if (!std::isfinite(f.alpha) || !std::isfinite(f.beta)) {
    throw Error(name + " (" + to_string(f.kind) + ") has a parameter that is not finite");
  }
  if (!last) {
    if (f.kind == ActivationKind::softmax) throw Error(name + " is softmax, which stands only at the output");
    return;
  }
  switch (f.kind) {
    case ActivationKind::identity:
    case ActivationKind::sigmoid:
      return;
    case ActivationKind::softmax:
      if (layer.outputs > 1) return;
      throw Error(name + " is a softmax over 1 unit, which is always 1: use sigmoid");
    default:
      throw Error(name + " is the output, and its activation is " + to_string(f.kind) +
                  ", not softmax, identity or sigmoid");
  }
}

}  // namespace

Index Model::parameters() const {
  Index count = 0;
  for (const Layer& layer : layers) {
    // By the shape where the weights were dropped: no layer that was read is without any.
    const Index weights = layer.weights.empty() ? layer.pieces() * layer.inputs * layer.outputs
                                                : static_cast<Index>(layer.weights.size());
    count += weights + static_cast<Index>(layer.bias.size() + layer.slopes.size());
  }
  return count;
}

Index Model::flops_per_sample() const {
  Index flops = 0;
  for (const Layer& layer : layers) flops += 2 * layer.pieces() * layer.inputs * layer.outputs;
  return flops;
}

void drop_weights(Model& model) {
  for (Layer& layer : model.layers) std::vector<float>().swap(layer.weights);
}

void check_model(const Model& model) {
  if (model.layers.empty()) throw Error("the model has no layers");
  for (std::size_t i = 0; i < model.layers.size(); ++i) {
    const Layer& layer = model.layers[i];
    const std::string name = "layer " + std::to_string(i + 1);
    if (layer.inputs < 1 || layer.outputs < 1) {
      throw Error(name + " has " + std::to_string(layer.inputs) + " inputs and " + std::to_string(layer.outputs) +
                  " outputs; both must be positive");
    }
    if (i > 0 && layer.inputs != model.layers[i - 1].outputs) {
      throw Error(name + " takes " + std::to_string(layer.inputs) + " inputs but layer " + std::to_string(i) +
                  " gives " + std::to_string(model.layers[i - 1].outputs));
    }
    check_activation(layer, name, i + 1 == model.layers.size());
    check_vectors(layer, name);
  }
}

std::string shape_string(const Model& model) {
  if (model.layers.empty()) return "";
  std::string text = std::to_string(model.inputs());
  for (const Layer& layer : model.layers) {
    text += '-';
    text += std::to_string(layer.outputs);
  }
  return text;
}

std::string activations_string(const Model& model) {
  std::string text;
  std::string previous;
  for (std::size_t i = 0; i < model.layers.size(); ++i) {
    const Layer& layer = model.layers[i];
    // With a slope per unit there is no one parameter to show.
    const std::string name = layer.slopes.empty() ? to_string(layer.activation) : to_string(layer.activation.kind);
    // The output is always shown, also where it equals the last hidden one.
    if (i > 0 && i + 1 < model.layers.size() && name == previous) continue;
    if (i > 0) text += ", ";
    text += name;
    previous = name;
  }
  return text;
}

}  // namespace tally

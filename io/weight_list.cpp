#include "io/weight_list.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

namespace tally::io {
namespace {

/// The arrays of one layer.
struct Pair {
  NamedArray* weights = nullptr;
  NamedArray* bias = nullptr;
};

/// The number in "W12"; 0 where it is no positive decimal without leading zeros.
Index layer_number(const std::string& name) {
  if (name.size() < 2 || name.size() > 7 || name[1] == '0') return 0;
  Index number = 0;
  for (const char c : name.substr(1)) {
    if (c < '0' || c > '9') return 0;
    number = number * 10 + (c - '0');
  }
  return number;
}

std::map<Index, Pair> pair_up(const std::string& file, std::vector<NamedArray>& arrays) {
  std::map<Index, Pair> pairs;
  for (NamedArray& array : arrays) {
    const Index number = layer_number(array.name);
    if (!is_weight_name(array.name)) {
      throw Error(fmt::format("{}: the array '{}' is none of W1, b1, W2, b2 ...", file, array.name));
    }
    const bool is_weights = array.name[0] != 'b';
    NamedArray*& place = is_weights ? pairs[number].weights : pairs[number].bias;
    if (place != nullptr) throw Error(fmt::format("{}: '{}' and '{}' name one array", file, place->name, array.name));
    place = &array;
  }
  return pairs;
}

void check_complete(const std::string& file, const std::map<Index, Pair>& pairs) {
  if (pairs.empty()) throw Error(fmt::format("{}: holds no arrays W1, b1, W2, b2 ...", file));
  Index expected = 1;
  for (const auto& [number, pair] : pairs) {
    if (number != expected) throw Error(fmt::format("{}: has layer {}, but no W{}", file, number, expected));
    if (pair.weights == nullptr) throw Error(fmt::format("{}: has {}, but no W{}", file, pair.bias->name, number));
    ++expected;
  }
}

/// Throws unless the weights are [in, out], or the [pieces, in, out] of maxout; the text says what would fit. A size of
/// zero is refused here: beside it another may be anything, and a bias that is missing takes memory by it.
void check_weights_shape(const std::string& file, const NamedArray& weights, const std::optional<Activation>& chosen) {
  const std::vector<Index>& shape = weights.shape;
  if (std::ranges::any_of(shape, [](Index size) { return size < 1; })) {
    throw Error(fmt::format("{}: {} has shape [{}], which holds nothing", file, weights.name, fmt::join(shape, ", ")));
  }
  const bool wants_pieces = chosen && chosen->kind == ActivationKind::maxout;
  if (wants_pieces && (shape.size() != 3 || shape[0] != chosen->pieces)) {
    throw Error(fmt::format("{}: {} has shape [{}], but {} needs 3-D weights [{}, inputs, outputs]", file, weights.name,
                            fmt::join(shape, ", "), to_string(*chosen), chosen->pieces));
  }
  if (shape.size() == 3 && chosen && !wants_pieces) {
    throw Error(fmt::format("{}: {} has shape [{}]; 3-D weights are maxout's, but its activation is {}", file,
                            weights.name, fmt::join(shape, ", "), to_string(*chosen)));
  }
  if (shape.size() != 2 && shape.size() != 3) {
    throw Error(
        fmt::format("{}: {} has shape [{}], not [inputs, outputs]", file, weights.name, fmt::join(shape, ", ")));
  }
}

std::vector<float> take_bias(const std::string& file, const Pair& pair, Index pieces, Index outputs) {
  const bool three_d = pair.weights->shape.size() == 3;
  if (pair.bias == nullptr) return std::vector<float>(static_cast<std::size_t>(pieces * outputs), 0.0F);
  const std::vector<Index>& shape = pair.bias->shape;
  const bool fits = shape == std::vector<Index>{pieces, outputs} || (!three_d && shape == std::vector<Index>{outputs});
  if (!fits) {
    const std::string wanted = three_d ? fmt::format("[{}, {}]", pieces, outputs) : fmt::format("[{}]", outputs);
    throw Error(fmt::format("{}: {} has shape [{}], but {} of shape [{}] needs {}", file, pair.bias->name,
                            fmt::join(shape, ", "), pair.weights->name, fmt::join(pair.weights->shape, ", "), wanted));
  }
  return std::move(pair.bias->values);
}

Layer make_layer(const std::string& file, const Pair& pair, const std::optional<Activation>& chosen) {
  check_weights_shape(file, *pair.weights, chosen);
  const std::vector<Index>& shape = pair.weights->shape;
  Layer layer;
  layer.inputs = shape[shape.size() - 2];
  layer.outputs = shape.back();
  if (chosen) {
    layer.activation = *chosen;
  } else if (shape.size() == 3) {
    if (shape[0] < 1 || shape[0] > 1'000'000) {
      throw Error(fmt::format("{}: {} has {} pieces", file, pair.weights->name, shape[0]));
    }
    layer.activation.kind = ActivationKind::maxout;
    layer.activation.pieces = static_cast<int>(shape[0]);
  }
  layer.bias = take_bias(file, pair, layer.pieces(), layer.outputs);
  layer.weights = std::move(pair.weights->values);
  return layer;
}

}  // namespace

bool is_weight_name(const std::string& name) {
  return layer_number(name) > 0 && (name[0] == 'W' || name[0] == 'w' || name[0] == 'b');
}

Model model_from_weights(const std::string& file, std::vector<NamedArray> arrays, const ActivationChoice& choice,
                         bool activations_optional) {
  const std::map<Index, Pair> pairs = pair_up(file, arrays);
  check_complete(file, pairs);
  const Index hidden_layers = static_cast<Index>(pairs.size()) - 1;
  const Index outputs = pairs.rbegin()->second.weights->shape.back();
  const auto activations = chosen_activations(file, hidden_layers, outputs, choice);
  if (!activations && !activations_optional) throw_missing_choice(file, hidden_layers, choice);

  Model model;
  for (const auto& [number, pair] : pairs) {
    std::optional<Activation> chosen;
    if (activations) chosen = (*activations)[static_cast<std::size_t>(number - 1)];
    model.layers.push_back(make_layer(file, pair, chosen));
  }
  try {
    check_model(model);
  } catch (const Error& error) {
    throw Error(fmt::format("{}: {}", file, error.what()));
  }
  return model;
}

}  // namespace tally::io

#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>
#include <vector>

#include "kernels/model.hpp"

namespace tally {
namespace {

Layer layer_of(Index inputs, Index outputs, const std::string& activation) {
  Layer layer;
  layer.inputs = inputs;
  layer.outputs = outputs;
  layer.activation = parse_activation(activation);
  layer.weights.resize(static_cast<std::size_t>(layer.pieces() * inputs * outputs));
  layer.bias.resize(static_cast<std::size_t>(layer.pieces() * outputs));
  return layer;
}

Model textbook() {
  return {{layer_of(784, 50, "sigmoid"), layer_of(50, 100, "sigmoid"), layer_of(100, 10, "softmax")}};
}

std::string error_of(const Model& model) {
  try {
    check_model(model);
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

TEST(Model, SizesOfTheTextbookNetwork) {
  const Model model = textbook();
  EXPECT_EQ(error_of(model), "no error");
  EXPECT_EQ(model.inputs(), 784);
  EXPECT_EQ(model.outputs(), 10);
  EXPECT_EQ(model.classes(), 10);
  EXPECT_EQ(model.parameters(), 784 * 50 + 50 + 50 * 100 + 100 + 100 * 10 + 10);
  EXPECT_EQ(model.flops_per_sample(), 90'400);
  EXPECT_EQ(shape_string(model), "784-50-100-10");
  EXPECT_EQ(activations_string(model), "sigmoid, softmax");
}

TEST(Model, MaxoutCountsItsPieces) {
  const Model model{{layer_of(7, 5, "maxout:3"), layer_of(5, 1, "sigmoid")}};
  EXPECT_EQ(error_of(model), "no error");
  EXPECT_EQ(model.parameters(), 3 * (7 * 5 + 5) + 5 + 1);
  EXPECT_EQ(model.flops_per_sample(), 2 * (3 * 7 * 5 + 5));
  EXPECT_EQ(model.classes(), 2);
}

TEST(Model, ActivationsFoldRunsButShowTheOutput) {
  const auto text = [](const std::vector<std::string>& names) {
    Model model;
    for (const std::string& name : names) model.layers.push_back(layer_of(3, 3, name));
    return activations_string(model);
  };
  EXPECT_EQ(text({"relu", "relu", "tanh", "softmax"}), "relu, tanh, softmax");
  EXPECT_EQ(text({"sigmoid", "sigmoid", "sigmoid"}), "sigmoid, sigmoid");
  EXPECT_EQ(text({"leaky_relu:0.1", "leaky_relu:0.2", "identity"}), "leaky_relu:0.1, leaky_relu:0.2, identity");
  EXPECT_EQ(text({"softmax"}), "softmax");
  EXPECT_EQ(text({}), "");
  Model slopes{{layer_of(3, 2, "prelu"), layer_of(2, 2, "softmax")}};
  slopes.layers[0].slopes = {0.1F, 0.2F};
  EXPECT_EQ(activations_string(slopes), "prelu, softmax");
}

TEST(Model, EachErrorNamesTheLayerAndTheNumbers) {
  struct Case {
    std::function<void(Model&)> damage;
    std::string error;
  };
  const Case cases[] = {
      {[](Model& m) { m.layers.clear(); }, "the model has no layers"},
      {[](Model& m) { m.layers[1] = layer_of(60, 100, "relu"); }, "layer 2 takes 60 inputs but layer 1 gives 50"},
      {[](Model& m) { m.layers[0].inputs = 0; }, "layer 1 has 0 inputs and 50 outputs; both must be positive"},
      {[](Model& m) { m.layers[2].outputs = -10; }, "layer 3 has 100 inputs and -10 outputs; both must be positive"},
      {[](Model& m) { m.layers[1].weights.pop_back(); }, "layer 2 has 4999 weights, but its shape 50 x 100 needs 5000"},
      {[](Model& m) { m.layers[2].bias.clear(); }, "layer 3 has 0 biases, but its shape 100 x 10 needs 10"},
      {[](Model& m) { m.layers[0].activation = parse_activation("maxout:2"); },
       "layer 1 has 39200 weights, but its shape 2 x 784 x 50 needs 78400"},
      {[](Model& m) { m.layers[0].activation.pieces = 2; }, "layer 1 (sigmoid) has 2 pieces"},
      {[](Model& m) {
         m.layers[0].activation = parse_activation("maxout");
         m.layers[0].activation.pieces = 0;
       },
       "layer 1 (maxout) has 0 pieces"},
      {[](Model& m) { m.layers[0].slopes = {0.1F}; }, "layer 1 has slopes, but its activation is sigmoid, not prelu"},
      {[](Model& m) {
         m.layers[0].activation = parse_activation("prelu");
         m.layers[0].slopes = {0.1F};
       },
       "layer 1 has 1 slopes, but its shape 784 x 50 needs 50"},
      {[](Model& m) {
         m.layers[1].activation = parse_activation("elu");
         m.layers[1].activation.alpha = std::numeric_limits<float>::quiet_NaN();
       },
       "layer 2 (elu) has a parameter that is not finite"},
      {[](Model& m) { m.layers[0].activation = parse_activation("softmax"); },
       "layer 1 is softmax, which stands only at the output"},
      {[](Model& m) { m.layers[2].activation = parse_activation("relu"); },
       "layer 3 is the output, and its activation is relu, not softmax, identity or sigmoid"},
      {[](Model& m) { m.layers[2] = layer_of(100, 1, "softmax"); },
       "layer 3 is a softmax over 1 unit, which is always 1: use sigmoid"},
      {[](Model& m) { m.layers[0].inputs = std::numeric_limits<Index>::max(); },
       "layer 1 is too large: 50 x 9223372036854775807 parameters"},
  };
  for (const Case& c : cases) {
    Model model = textbook();
    c.damage(model);
    EXPECT_EQ(error_of(model), c.error);
  }
}

TEST(Model, AcceptsEveryKindWhereItMayStand) {
  for (const char* const name : {"identity", "step", "prelu", "hard_sigmoid:0.2:0.5", "maxout:4", "gelu"}) {
    EXPECT_EQ(error_of({{layer_of(4, 3, name), layer_of(3, 2, "identity")}}), "no error") << name;
  }
  Model model{{layer_of(4, 3, "prelu"), layer_of(3, 1, "identity")}};
  model.layers[0].slopes = {0.1F, 0.2F, 0.3F};
  EXPECT_EQ(error_of(model), "no error");
}

}  // namespace
}  // namespace tally

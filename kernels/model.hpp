// What a network is: layers of weights, bias and activation. Plain data, in no machine's layout.
#pragma once

#include <string>
#include <vector>

#include "kernels/activation.hpp"
#include "kernels/types.hpp"

namespace tally {

/// One fully connected layer: z = f(x W + b).
struct Layer {
  Index inputs = 0;
  Index outputs = 0;
  /// [pieces][inputs][outputs], row-major; pieces is 1 except for maxout. Empty after drop_weights.
  std::vector<float> weights;
  /// [pieces][outputs].
  std::vector<float> bias;
  Activation activation;
  /// prelu only: one slope per output, or empty where activation.alpha holds for all.
  std::vector<float> slopes;

  Index pieces() const { return activation.pieces; }
};

/// The last layer's activation is the output: softmax, identity (logits) or sigmoid.
struct Model {
  std::vector<Layer> layers;

  Index inputs() const { return layers.empty() ? 0 : layers.front().inputs; }
  Index outputs() const { return layers.empty() ? 0 : layers.back().outputs; }
  /// Classes that labels name: outputs, or 2 for one output unit.
  Index classes() const { return outputs() == 1 ? 2 : outputs(); }
  /// Weights, biases and slopes.
  Index parameters() const;
  /// 2 x multiply-adds of one sample's forward pass.
  Index flops_per_sample() const;
};

/// Frees the weights. What describes the network stays as it was: shapes, activations, parameters(), flops. It can no
/// longer be run.
void drop_weights(Model& model);

/// Throws Error unless the model can be run: at least one layer; positive sizes; each layer's inputs equal the outputs
/// before it (the text names the layer and both numbers); vectors of the size the shapes say; softmax only at the end;
/// the output one of softmax, identity, sigmoid; no softmax over a single unit.
void check_model(const Model& model);

/// "784-50-100-10".
std::string shape_string(const Model& model);

/// Hidden activations then the output's, runs of equal ones folded: "sigmoid, softmax"; "relu, tanh, softmax".
std::string activations_string(const Model& model);

}  // namespace tally

// Activation functions: which ones there are, and applying one to a run of float32 values.
#pragma once

#include <string>

#include "kernels/types.hpp"

namespace tally {

/// softmax stands only at a network's output; maxout is a layer form (see Layer::pieces), its `apply` is the identity.
enum class ActivationKind {
  identity,
  step,
  sigmoid,
  relu,
  leaky_relu,
  prelu,
  elu,
  selu,
  tanh,
  maxout,
  gelu,
  gelu_tanh,
  silu,
  softplus,
  softsign,
  hard_sigmoid,
  relu6,
  softmax,
};

/// An activation with its parameters.
/// alpha: the slope of leaky_relu and prelu, the scale of elu, the slope of hard_sigmoid; unused (0) elsewhere.
/// beta:  the offset of hard_sigmoid = clip(alpha x + beta, 0, 1); unused (0) elsewhere.
/// pieces: how many linear pieces a maxout unit takes the maximum of (>= 1); 1 elsewhere.
struct Activation {
  ActivationKind kind = ActivationKind::identity;
  float alpha = 0.0F;
  float beta = 0.0F;
  int pieces = 1;

  friend bool operator==(const Activation&, const Activation&) = default;
};

/// The activation of that kind with its default parameters: leaky_relu 0.01 (PyTorch, ONNX), prelu 0.25 (PyTorch),
/// elu 1, hard_sigmoid 1/6 and 1/2, maxout 2 pieces.
Activation default_activation(ActivationKind kind);

/// "relu", "leaky_relu:0.1", "elu:1", "hard_sigmoid:0.2:0.5", "maxout:3" -> Activation. Case matters not; '-' counts as
/// '_'. Throws UsageError that lists the known names, or says what is wrong with the parameter (not a number, not
/// finite, pieces < 1, a parameter where none is taken).
Activation parse_activation(const std::string& text);

/// A text that parse_activation reads back to an equal Activation; parameters always shown where the kind has any.
std::string to_string(const Activation& activation);

/// "identity", "step", ... : the bare name of the kind.
std::string to_string(ActivationKind kind);

/// x[i] = f(x[i]) for 0 <= i < n, in place. float32 in, float32 out; explicit fma, so the bits depend neither on the
/// vector width nor on n or the position of an element. NaN propagates through every function. Any alignment.
/// Preconditions: kind is not softmax. identity and maxout leave x as it is.
void apply_activation(const Activation& activation, float* x, Index n);

}  // namespace tally

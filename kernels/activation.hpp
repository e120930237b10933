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

/// x[i] = f(x[i]) for 0 <= i < n, in place. float32 in, float32 out; explicit fma and own polynomials, so the bits
/// depend neither on the instruction set and its vector width nor on n or an element's position, nor on the C library.
/// Any alignment; n may be 0. Throws std::invalid_argument for softmax, a function of a whole row. identity and maxout
/// leave x as it is.
///
/// NaN propagates through every function. The other ends are limits, never NaN; -0 and 0 count as equal, and which of
/// them a zero result is, is not said. Nothing overflows before the result does, and small results keep their relative
/// accuracy down into the subnormal numbers (silu(-100) is -100 e^-100, not 0).
///
///   kind          f(x)                                         -infinity        0      +infinity  error in ULP
///   identity      x                                            -infinity        0      infinity   exact
///   step          1 for x > 0, else 0                          0                0      1          exact
///   sigmoid       1 / (1 + e^-x)                               0                1/2    1          2.5
///   relu          max(x, 0)                                    0                0      infinity   exact
///   leaky_relu    x for x >= 0, else alpha x                   -alpha infinity  0      infinity   0.5
///   prelu         the same, alpha of the layer or of a unit    -alpha infinity  0      infinity   0.5
///   elu           x for x >= 0, else alpha (e^x - 1)           -alpha           0      infinity   1.7
///   selu          lambda (x for x >= 0, else alpha (e^x - 1))  -lambda alpha    0      infinity   1.9
///   tanh          (e^x - e^-x) / (e^x + e^-x)                  -1               0      1          2.5
///   maxout        x (the maximum is taken by the layer)        -infinity        0      infinity   exact
///   gelu          x (1 + erf(x / sqrt 2)) / 2                  0                0      infinity   3.7; 4.3 for x < 0
///   gelu_tanh     x (1 + tanh(c (x + 0.044715 x^3))) / 2       0                0      infinity   3.4
///   silu          x / (1 + e^-x)                               0                0      infinity   3.3
///   softplus      log(1 + e^x)                                 0                log 2  infinity   2.8
///   softsign      x / (1 + |x|)                                -1               0      1          1.5
///   hard_sigmoid  clip(alpha x + beta, 0, 1)                   0                beta   1          0.5
///   relu6         min(max(x, 0), 6)                            0                0      6          exact
///
/// Parameters are those of `activation`; their defaults are default_activation's. selu: lambda = 1.05070098735548,
/// alpha = 1.67326324235437 (Klambauer et al. 2017). gelu: Hendrycks and Gimpel 2016; c = sqrt(2 / pi). With alpha = 0,
/// leaky_relu(-infinity) and prelu(-infinity) are 0, and hard_sigmoid is clip(beta, 0, 1) throughout; with alpha < 0
/// the limits of hard_sigmoid change places.
///
/// Errors: against the formula in double, the largest found among all float32 (measure_activation_errors goes through
/// them), rounded up. One ULP is the spacing of float32 at the exact value, 2^-149 where that is subnormal. The tests
/// assert these bounds on a sample.
void apply_activation(const Activation& activation, float* x, Index n);

}  // namespace tally

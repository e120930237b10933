// From one sample's logits to its prediction, probabilities and loss.
#pragma once

#include <span>

#include "kernels/activation.hpp"
#include "kernels/types.hpp"

namespace tally {

struct Score {
  /// Arg max of the logits, ties to the lower class; -1 where a logit is not finite.
  std::int32_t predicted = -1;
  /// Probability of the predicted class, in (0, 1]; NaN where a logit is not finite.
  float confidence = 0.0F;
  /// Negative log-probability of the label, in nats, from log-sum-exp; NaN where a logit is not finite.
  double cross_entropy = 0.0;

  bool finite() const { return predicted >= 0; }
};

/// Scores one sample. `logits` [K], the last layer's pre-activations; `label` in [0, classes).
/// output softmax or identity: p = softmax(logits), which subtracts the row maximum.
/// output sigmoid, K > 1: p_k = sigmoid(a_k) / sum_j sigmoid(a_j), by logarithms, so that nothing underflows.
/// K = 1 (sigmoid, or identity as its logit): two classes, p_1 = sigmoid(a); class 1 if p_1 > 0.5.
/// `probabilities`: empty, or [classes], which receives p rounded to float32 (all NaN for a non-finite sample).
Score score_sample(ActivationKind output, std::span<const float> logits, Index label, std::span<float> probabilities);

}  // namespace tally

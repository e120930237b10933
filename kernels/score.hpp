// From logits to predictions, probabilities and losses: of one sample, or of a tile of them at the speed of vectors.
//
// Definitions, for a sample's logits a_0 ... a_{K-1} (the last layer's pre-activations):
//   softmax or identity: p = softmax(a), after subtracting the maximum.
//   sigmoid, K > 1: p_k = sigmoid(a_k) / sum_j sigmoid(a_j), that is the softmax of log sigmoid(a), so that nothing
//     underflows: with all logits at -1e4 the classes are equally probable.
//   K = 1 (sigmoid, or identity as its logit): two classes, p_1 = sigmoid(a), p_0 = 1 - p_1.
//   prediction: arg max of the logits, ties to the lower class; for K = 1 class 1 if p_1 > 0.5, that is a > 0.
//   cross entropy: -ln p_label = m - v_label + ln(1 + r), where v are the numbers that softmax is taken of,
//     m = v_predicted is their maximum and r = sum_{k != predicted} e^(v_k - m). That keeps relative accuracy for a
//     confident prediction, whose loss is r itself; ln(p) would round it to 0.
//
// All in double with own exp and log; terms of r are added from class 0 on. The difference of two float32 is exact in
// double unless their exponents are more than 29 apart; then, and with sigmoid outputs, v_k - m has an error of
// eps |v|. Beside that: the loss has (K + 6) eps relative to the larger of m - v_label and itself, a probability
// (K + 4) eps relative before it is rounded to float32.
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
  /// How many classes come before the label: those of a larger logit, and lower ones of an equal logit; 0 where the
  /// prediction is right, -1 where a logit is not finite. A sample counts for top k if rank < k.
  std::int32_t rank = -1;

  bool finite() const { return predicted >= 0; }
};

/// Scores one sample. `logits` [K]; `label` in [0, classes), classes = K, or 2 for K = 1.
/// `probabilities`: empty, or [classes], which receives p rounded to float32 (all NaN for a non-finite sample).
Score score_sample(ActivationKind output, std::span<const float> logits, Index label, std::span<float> probabilities);

/// Scores labels.size() samples, with the bits of score_sample for each. `logits` [units][ld], logit k of sample i at
/// k * ld + i, as Network::forward leaves them; `labels`, `scores` [samples]; `probabilities`: empty, or
/// [samples][classes]. Preconditions: units >= 1, ld >= samples, every label in [0, classes). No aliasing.
void score_tile(ActivationKind output, const float* logits, Index units, Index ld, std::span<const Index> labels,
                std::span<Score> scores, std::span<float> probabilities);

}  // namespace tally

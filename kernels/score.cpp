#include "kernels/score.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "kernels/elementary.hpp"
#include "kernels/softmax.hpp"

namespace tally {
namespace {

/// log sigmoid(a) = min(a, 0) - log(1 + e^-|a|): finite for every finite a.
double log_sigmoid(double a) { return std::min(a, 0.0) - log1p_exact_bits(exp_exact_bits(-std::fabs(a))); }

/// Numbers whose softmax is the classes' probabilities. One unit is the log odds of class 1 against class 0.
void class_logits(ActivationKind output, std::span<const float> logits, std::span<double> row) {
  if (logits.size() == 1) {
    row[0] = 0.0;
    row[1] = static_cast<double>(logits[0]);
    return;
  }
  for (std::size_t k = 0; k < logits.size(); ++k) row[k] = static_cast<double>(logits[k]);
  if (output != ActivationKind::sigmoid) return;
  for (double& a : row) a = log_sigmoid(a);
}

bool all_finite(std::span<const float> values) {
  bool finite = true;
  for (const float x : values) finite &= std::fabs(x) <= std::numeric_limits<float>::max();  // false for NaN
  return finite;
}

/// The first of the largest logits; with one unit, class 1 where its logit is positive. From the logits themselves:
/// large ones whose sigmoids are equal numbers still tell the classes apart.
std::size_t predicted_class(std::span<const float> logits) {
  if (logits.size() == 1) return logits[0] > 0.0F ? 1 : 0;
  return static_cast<std::size_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
}

Score score_row(std::span<double> row, std::size_t predicted, std::size_t label, std::span<float> probabilities) {
  Score score;
  const double of_label = row[label];
  const double of_predicted = row[predicted];
  const ExponentialSum sum = sum_exponentials(row, probabilities.empty() ? std::span<double>{} : row);
  score.predicted = static_cast<std::int32_t>(predicted);
  // Most often they are the same number, whose exponential is 1.
  const double of_largest = of_predicted == sum.maximum ? 1.0 : exp_exact_bits(of_predicted - sum.maximum);
  score.confidence = static_cast<float>(of_largest / sum.total());
  score.cross_entropy = (sum.maximum - of_label) + sum.log();
  for (std::size_t k = 0; k < probabilities.size(); ++k) {
    probabilities[k] = static_cast<float>(row[k] / sum.total());
  }
  return score;
}

}  // namespace

Score score_sample(ActivationKind output, std::span<const float> logits, Index label, std::span<float> probabilities) {
  if (!all_finite(logits)) {
    constexpr float nan = std::numeric_limits<float>::quiet_NaN();
    std::fill(probabilities.begin(), probabilities.end(), nan);
    return {-1, nan, std::numeric_limits<double>::quiet_NaN()};
  }
  const std::size_t classes = logits.size() == 1 ? 2 : logits.size();
  std::array<double, 64> small;  // most networks have few classes: no allocation per sample
  std::vector<double> large(classes > small.size() ? classes : 0);
  const std::span<double> row = large.empty() ? std::span<double>(small).first(classes) : std::span<double>(large);
  class_logits(output, logits, row);
  return score_row(row, predicted_class(logits), static_cast<std::size_t>(label), probabilities);
}

}  // namespace tally

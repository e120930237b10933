#include "tests/kernels/reference_score.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "tests/kernels/reference.hpp"

namespace tally::reference {
namespace {

/// -ln(1 + e^-a).
long double log_sigmoid(long double a) { return std::min(a, 0.0L) - std::log1p(std::exp(-std::abs(a))); }

}  // namespace

Score score(ActivationKind output, std::span<const float> logits, Index label) {
  Score score;
  if (!std::all_of(logits.begin(), logits.end(), [](float a) { return std::isfinite(a); })) return score;
  std::vector<float> of_class(logits.begin(), logits.end());
  if (logits.size() == 1) of_class.insert(of_class.begin(), 0.0F);
  std::vector<std::int32_t> order(of_class.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) {
    return of_class[static_cast<std::size_t>(a)] > of_class[static_cast<std::size_t>(b)];
  });
  score.predicted = order.front();
  score.rank = static_cast<std::int32_t>(std::find(order.begin(), order.end(), label) - order.begin());
  score.values.assign(of_class.begin(), of_class.end());
  if (output == ActivationKind::sigmoid && logits.size() > 1) {
    std::transform(score.values.begin(), score.values.end(), score.values.begin(), log_sigmoid);
  }
  score.probabilities = softmax(score.values);
  // With the maximum's term apart, as long double too loses a rest of 1e-30 beside 1.
  const auto best = static_cast<std::size_t>(score.predicted);
  long double rest = 0.0L;
  for (std::size_t k = 0; k < score.values.size(); ++k) {
    if (k != best) rest += std::exp(score.values[k] - score.values[best]);
  }
  score.cross_entropy = (score.values[best] - score.values[static_cast<std::size_t>(label)]) + std::log1p(rest);
  return score;
}

}  // namespace tally::reference

#include "kernels/score.hpp"

#include <algorithm>
#include <array>

#include "kernels/vector/kernels.hpp"

namespace tally {
namespace {

/// One unit is the log odds of class 1 against class 0: two classes with logits 0 and a.
void score_one_unit(ScoreRequest request) {
  constexpr Index block = 32;
  std::array<float, 2 * block> logits{};
  const Index count = request.count;
  for (Index first = 0; first < count; first += block) {
    const Index here = std::min(block, count - first);
    std::copy_n(request.logits + first, here, logits.begin() + block);
    float* const p = request.probabilities == nullptr ? nullptr : request.probabilities + 2 * first;
    vector_kernels().score_softmax({logits.data(), 2, block, request.labels + first, here, request.scores + first, p});
  }
}

}  // namespace

void score_tile(ActivationKind output, const float* logits, Index units, Index ld, std::span<const Index> labels,
                std::span<Score> scores, std::span<float> probabilities) {
  const ScoreRequest request{logits,
                             units,
                             ld,
                             labels.data(),
                             std::ssize(labels),
                             scores.data(),
                             probabilities.empty() ? nullptr : probabilities.data()};
  if (units == 1) return score_one_unit(request);
  const VectorKernels& kernels = vector_kernels();
  output == ActivationKind::sigmoid ? kernels.score_sigmoid(request) : kernels.score_softmax(request);
}

Score score_sample(ActivationKind output, std::span<const float> logits, Index label, std::span<float> probabilities) {
  Score score;
  score_tile(output, logits.data(), static_cast<Index>(logits.size()), 1, {&label, 1}, {&score, 1}, probabilities);
  return score;
}

}  // namespace tally

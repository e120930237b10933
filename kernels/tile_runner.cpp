#include "kernels/tile_runner.hpp"

#include <algorithm>

namespace tally {
namespace {

/// A non-finite sample is predicted -1, which no label is.
void add_scores(Counts& counts, std::span<const Score> scores, std::span<const std::int64_t> labels) {
  Index correct = 0;
  Index finite = 0;
  for (std::size_t i = 0; i < scores.size(); ++i) {
    correct += scores[i].predicted == labels[i] ? 1 : 0;
    if (!scores[i].finite()) continue;
    ++finite;
    counts.cross_entropy.add(scores[i].cross_entropy);
  }
  counts.samples += std::ssize(scores);
  counts.correct += correct;
  counts.nonfinite += std::ssize(scores) - finite;
}

}  // namespace

TileRunner::TileRunner(const Network& network, const InputTransform& transform)
    : network_(network),
      transform_(transform),
      workspace_(network),
      scores_(static_cast<std::size_t>(network.panel())) {}

void TileRunner::run(const Block& block, Index first, Index end, const ForwardHints& hints) {
  const Logits logits = network_.forward(block.rows, transform_, first, end - first, workspace_, hints);
  if (hints.clock != nullptr) hints.clock->enter(Phase::softmax);
  for (Index i = first; i < end; i += logits.panel) {
    score_panel(block, logits.data + (i - first) / logits.panel * logits.stride, static_cast<std::size_t>(i),
                static_cast<std::size_t>(std::min(logits.panel, end - i)));
  }
}

void TileRunner::score_panel(const Block& block, const float* logits, std::size_t first, std::size_t count) {
  const SampleOutputs& outputs = block.outputs;
  const std::span<const std::int64_t> labels = block.labels.subspan(first, count);
  const std::span<Score> scores = std::span(scores_).first(count);
  const auto classes = static_cast<std::size_t>(network_.classes());
  std::span<float> probabilities;
  if (!outputs.probabilities.empty()) probabilities = outputs.probabilities.subspan(first * classes, count * classes);
  score_tile(network_.output(), logits, network_.outputs(), network_.panel(), labels, scores, probabilities);
  add_scores(counts_, scores, labels);
  if (!outputs.predicted.empty()) {
    std::transform(scores.begin(), scores.end(), outputs.predicted.subspan(first, count).begin(),
                   [](const Score& score) { return score.predicted; });
  }
  if (!outputs.confidence.empty()) {
    std::transform(scores.begin(), scores.end(), outputs.confidence.subspan(first, count).begin(),
                   [](const Score& score) { return score.confidence; });
  }
}

}  // namespace tally

#include "kernels/evaluate.hpp"

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <vector>

#include "kernels/score.hpp"

namespace tally {
namespace {

/// One thread's share of a block: its scratch and its counts.
class TileRunner {
 public:
  TileRunner(const Network& network, const StoredRows& rows, const InputTransform& transform,
             std::span<const std::int64_t> labels, const SampleOutputs& outputs)
      : network_(network),
        rows_(rows),
        transform_(transform),
        labels_(labels),
        outputs_(outputs),
        workspace_(network),
        scores_(static_cast<std::size_t>(Network::tile_rows)) {}

  void run(Index first, Index count) {
    const float* logits = network_.forward(rows_, transform_, first, count, workspace_);
    const auto start = static_cast<std::size_t>(first);
    const auto samples = static_cast<std::size_t>(count);
    const auto classes = static_cast<std::size_t>(network_.classes());
    std::span<float> probabilities;
    if (!outputs_.probabilities.empty()) {
      probabilities = outputs_.probabilities.subspan(start * classes, samples * classes);
    }
    const std::span<Score> scores = std::span(scores_).first(samples);
    score_tile(network_.output(), logits, network_.outputs(), Network::tile_rows, labels_.subspan(start, samples),
               scores, probabilities);
    for (std::size_t i = 0; i < samples; ++i) record(start + i, scores[i]);
  }

  const Counts& counts() const { return counts_; }

 private:
  void record(std::size_t row, const Score& score) {
    counts_.samples += 1;
    if (score.finite()) {
      counts_.correct += score.predicted == labels_[row] ? 1 : 0;
      counts_.cross_entropy.add(score.cross_entropy);
    } else {
      counts_.nonfinite += 1;
    }
    if (!outputs_.predicted.empty()) outputs_.predicted[row] = score.predicted;
    if (!outputs_.confidence.empty()) outputs_.confidence[row] = score.confidence;
  }

  const Network& network_;
  const StoredRows& rows_;
  const InputTransform& transform_;
  std::span<const std::int64_t> labels_;
  const SampleOutputs& outputs_;
  Network::Workspace workspace_;
  std::vector<Score> scores_;  // of one tile
  Counts counts_;
};

}  // namespace

Counts evaluate_rows(const Network& network, const StoredRows& rows, const InputTransform& transform,
                     std::span<const std::int64_t> labels, int threads, const SampleOutputs& outputs) {
  const Index tiles = (rows.rows + Network::tile_rows - 1) / Network::tile_rows;
  const auto team = static_cast<int>(std::max<Index>(1, std::min<Index>(threads, tiles)));
  Counts total;
  std::mutex mutex;
  std::exception_ptr failure;  // an exception may not leave a parallel region
  // A shared counter, not a worksharing loop: a thread that fails must not be missed by the others.
  std::atomic<Index> next_tile{0};
#pragma omp parallel num_threads(team) default(shared)
  {
    try {
      TileRunner runner(network, rows, transform, labels, outputs);
      for (Index tile = next_tile++; tile < tiles; tile = next_tile++) {
        const Index first = tile * Network::tile_rows;
        runner.run(first, std::min(Network::tile_rows, rows.rows - first));
      }
      const std::lock_guard lock(mutex);
      total += runner.counts();
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
    }
  }
  if (failure) std::rethrow_exception(failure);
  return total;
}

}  // namespace tally

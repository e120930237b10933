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
             std::span<const std::int64_t> labels, const SampleOutputs& outputs, PhaseClock* clock)
      : network_(network),
        rows_(rows),
        transform_(transform),
        labels_(labels),
        outputs_(outputs),
        workspace_(network),
        clock_(clock),
        scores_(static_cast<std::size_t>(network.panel())) {}

  /// Rows [first, first + count); those from next_first on will be the next.
  void run(Index first, Index count, Index next_first, Index next_count) {
    const Logits logits =
        network_.forward(rows_, transform_, first, count, workspace_, {next_first, next_count, clock_});
    if (clock_ != nullptr) clock_->enter(Phase::softmax);
    for (Index i = 0; i < count; i += logits.panel) {
      score_panel(logits.data + i / logits.panel * logits.stride, first + i, std::min(logits.panel, count - i));
    }
  }

  const Counts& counts() const { return counts_; }

 private:
  void score_panel(const float* logits, Index first, Index count) {
    const auto start = static_cast<std::size_t>(first);
    const auto samples = static_cast<std::size_t>(count);
    const auto classes = static_cast<std::size_t>(network_.classes());
    std::span<float> probabilities;
    if (!outputs_.probabilities.empty()) {
      probabilities = outputs_.probabilities.subspan(start * classes, samples * classes);
    }
    const std::span<Score> scores = std::span(scores_).first(samples);
    score_tile(network_.output(), logits, network_.outputs(), network_.panel(), labels_.subspan(start, samples), scores,
               probabilities);
    for (std::size_t i = 0; i < samples; ++i) record(start + i, scores[i]);
  }

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
  PhaseClock* clock_;
  std::vector<Score> scores_;  // of one panel
  Counts counts_;
};

/// The network's tile, or less where that would leave a thread without work, or with less than others: whole panels.
Index rows_per_tile(const Network& network, Index rows, int threads) {
  const Index rounds = (rows + network.tile_rows() * threads - 1) / (network.tile_rows() * threads);
  const Index tiles = std::max<Index>(1, rounds * threads);
  const Index even = (rows + tiles - 1) / tiles;
  return std::max<Index>(1, (even + network.panel() - 1) / network.panel()) * network.panel();
}

}  // namespace

Counts evaluate_rows(const Network& network, const StoredRows& rows, const InputTransform& transform,
                     std::span<const std::int64_t> labels, int threads, const SampleOutputs& outputs,
                     PhaseClock* clock) {
  const Index tile_rows = rows_per_tile(network, rows.rows, threads);
  const Index tiles = (rows.rows + tile_rows - 1) / tile_rows;
  const auto team = static_cast<int>(std::max<Index>(1, std::min<Index>(threads, tiles)));
  Counts total;
  std::mutex mutex;
  std::exception_ptr failure;  // an exception may not leave a parallel region
  // A shared counter, not a worksharing loop: a thread that fails must not be missed by the others.
  std::atomic<Index> next_tile{0};
#pragma omp parallel num_threads(team) default(shared)
  {
    try {
      PhaseClock my_clock;
      TileRunner runner(network, rows, transform, labels, outputs, clock == nullptr ? nullptr : &my_clock);
      const auto first_row = [&](Index tile) { return std::min(tile * tile_rows, rows.rows); };
      // A thread takes its next tile before it works on one, and brings its rows into the cache meanwhile.
      for (Index tile = next_tile++; tile < tiles;) {
        const Index next = next_tile++;
        runner.run(first_row(tile), first_row(tile + 1) - first_row(tile), first_row(next),
                   first_row(next + 1) - first_row(next));
        tile = next;
      }
      if (clock != nullptr) my_clock.stop();
      const std::lock_guard lock(mutex);
      total += runner.counts();
      if (clock != nullptr) *clock += my_clock;
    } catch (...) {
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
    }
  }
  if (failure) std::rethrow_exception(failure);
  return total;
}

}  // namespace tally

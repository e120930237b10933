#include "kernels/evaluate.hpp"

#include <omp.h>

#include <algorithm>
#include <atomic>
#include <exception>
#include <mutex>
#include <stdexcept>

#include "kernels/score.hpp"

namespace tally {

/// What a thread keeps between tiles and blocks.
class Evaluator::Scratch {
 public:
  explicit Scratch(const Network& network) : workspace(network), scores(static_cast<std::size_t>(network.panel())) {}

  Network::Workspace workspace;
  std::vector<Score> scores;  // of one panel
};

namespace {

/// A block cut into tiles: whole panels, no tile more than one larger than another, and as many tiles as keep all
/// threads busy to the end.
class Tiles {
 public:
  Tiles(const Network& network, Index rows, Index threads)
      : rows_(rows), panel_(network.panel()), panels_((rows + panel_ - 1) / panel_) {
    const Index most = network.tile_rows() / panel_ * threads;
    const Index rounds = (panels_ + most - 1) / most;
    count_ = std::min(panels_, rounds * threads);
  }

  Index count() const { return count_; }
  /// First row of tile t; for t >= count() the end.
  Index first(Index t) const { return t < count_ ? t * panels_ / count_ * panel_ : rows_; }

 private:
  Index rows_;
  Index panel_;
  Index panels_;
  Index count_ = 0;
};

/// One thread's work on a block.
class TileRunner {
 public:
  TileRunner(const Network& network, const StoredRows& rows, const InputTransform& transform,
             std::span<const std::int64_t> labels, const SampleOutputs& outputs, Network::Workspace& workspace,
             std::span<Score> scores, PhaseClock* clock)
      : network_(network),
        rows_(rows),
        transform_(transform),
        labels_(labels),
        outputs_(outputs),
        workspace_(workspace),
        scores_(scores),
        clock_(clock) {}

  /// Rows [first, end); those up to next_end will be the next.
  void run(Index first, Index end, Index next_first, Index next_end) {
    const Index count = end - first;
    const Logits logits =
        network_.forward(rows_, transform_, first, count, workspace_, {next_first, next_end - next_first, clock_});
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
    const std::span<Score> scores = scores_.first(samples);
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
  Network::Workspace& workspace_;
  std::span<Score> scores_;
  PhaseClock* clock_;
  Counts counts_;
};

}  // namespace

Evaluator::Evaluator(const Network& network, const InputTransform& transform, int threads)
    : network_(network), transform_(transform), scratch_(static_cast<std::size_t>(threads)) {}

Evaluator::~Evaluator() = default;

Counts Evaluator::evaluate(const StoredRows& rows, std::span<const std::int64_t> labels, const SampleOutputs& outputs,
                           PhaseClock* clock) {
  const Tiles tiles(network_, rows.rows, std::ssize(scratch_));
  const auto team = static_cast<int>(std::clamp<Index>(tiles.count(), 1, std::ssize(scratch_)));
  Counts total;
  std::mutex mutex;
  std::exception_ptr failure;  // an exception may not leave a parallel region
  // A shared counter, not a worksharing loop: a thread that fails must not be missed by the others.
  std::atomic<Index> next_tile{0};
#pragma omp parallel num_threads(team) default(shared)
  {
    try {
      std::unique_ptr<Scratch>& scratch = scratch_[static_cast<std::size_t>(omp_get_thread_num())];
      if (!scratch) scratch = std::make_unique<Scratch>(network_);
      PhaseClock my_clock;
      TileRunner runner(network_, rows, transform_, labels, outputs, scratch->workspace, scratch->scores,
                        clock == nullptr ? nullptr : &my_clock);
      // A thread takes its next tile before it works on one, and brings its rows into the cache meanwhile.
      for (Index tile = next_tile++; tile < tiles.count();) {
        const Index next = next_tile++;
        runner.run(tiles.first(tile), tiles.first(tile + 1), tiles.first(next), tiles.first(next + 1));
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
  if (total.samples != rows.rows) throw std::logic_error("a block's tiles do not cover its rows");
  return total;
}

Counts evaluate_rows(const Network& network, const StoredRows& rows, const InputTransform& transform,
                     std::span<const std::int64_t> labels, int threads, const SampleOutputs& outputs,
                     PhaseClock* clock) {
  return Evaluator(network, transform, threads).evaluate(rows, labels, outputs, clock);
}

}  // namespace tally

#include "kernels/evaluate.hpp"

#include <omp.h>

#include <algorithm>
#include <exception>
#include <mutex>
#include <utility>

#include "kernels/stopwatch.hpp"
#include "kernels/tile_queue.hpp"
#include "kernels/tile_runner.hpp"

namespace tally {
namespace {

using Tile = TileQueue::Tile;

/// Gives one block.
class OneBlock : public BlockSource {
 public:
  explicit OneBlock(const Block& block) : block_(block) {}
  Offer next(bool /*busy*/) override {
    const bool ended = std::exchange(given_, true);
    return {.block = ended ? nullptr : &block_, .ended = ended};
  }
  void done(const Block& /*block*/, const Counts& counts) override { counts_ = counts; }
  const Counts& counts() const { return counts_; }

 private:
  const Block& block_;
  bool given_ = false;
  Counts counts_;
};

std::span<const std::byte> bytes_of(const Tile& tile) {
  if (!tile.work) return {};
  const StoredRows& rows = tile.block().rows;
  const Index row_bytes = rows.inputs * static_cast<Index>(size_of(rows.type));
  return {rows.row(tile.first), static_cast<std::size_t>((tile.end - tile.first) * row_bytes)};
}

/// A thread takes its next tile before it works on one, and brings its rows into the cache meanwhile.
void run_tiles(TileQueue& queue, Tile tile, TileRunner& runner, PhaseClock* clock, ThreadTimes& times) {
  Index rows = 0;
  runner.take_counts();  // what a failure may have left
  while (tile.work) {
    Tile next = queue.take_if_ready(tile, times);
    runner.run(tile.block(), tile.first, tile.end, {bytes_of(next), clock});
    rows += tile.end - tile.first;
    if (next.work != tile.work) queue.add(*tile.work, std::exchange(rows, 0), runner.take_counts());
    tile = next.work ? std::move(next) : queue.take({}, times);
  }
}

}  // namespace

Evaluator::Evaluator(const Network& network, const InputTransform& transform, int threads)
    : network_(network), transform_(transform), runners_(static_cast<std::size_t>(threads)) {}

Evaluator::~Evaluator() = default;

TeamTimes Evaluator::run(BlockSource& source, PhaseClock* clock) {
  TeamTimes sums;  // over threads
  double longest = 0.0;
  bool idle = false;  // a thread had no tile at all
  const auto threads = static_cast<int>(runners_.size());
  omp_set_dynamic(0);  // as many threads as were planned
  TileQueue queue(source, network_.panel(), network_.tile_rows(), std::ssize(runners_));
  std::mutex mutex;
  std::exception_ptr failure;  // an exception may not leave a parallel region
#pragma omp parallel num_threads(threads) default(shared)
  {
    try {
      std::unique_ptr<TileRunner>& runner = runners_[static_cast<std::size_t>(omp_get_thread_num())];
      if (!runner) runner = std::make_unique<TileRunner>(network_, transform_);
      source.begin(omp_get_thread_num(), omp_get_num_threads());
      const Stopwatch watch;
      ThreadTimes times;
      if (Tile tile = queue.take({}, times); tile.work) {
        PhaseClock my_clock;
        run_tiles(queue, std::move(tile), *runner, clock == nullptr ? nullptr : &my_clock, times);
        my_clock.stop();
        const std::lock_guard lock(mutex);
        if (clock != nullptr) *clock += my_clock;
      } else {
        const std::lock_guard lock(mutex);
        idle = true;
      }
      const double seconds = watch.seconds();
      const std::lock_guard lock(mutex);
      sums.seconds += seconds;
      sums.prepare += times.prepare;
      sums.wait += times.wait;
      longest = std::max(longest, seconds);
      ++sums.threads;  // which the environment may have kept below what was asked for
    } catch (...) {
      queue.stop();
      const std::lock_guard lock(mutex);
      if (!failure) failure = std::current_exception();
    }
  }
  if (failure) std::rethrow_exception(failure);
  const auto mean = [&sums](double sum) { return sum / sums.threads; };
  return {sums.threads, idle ? longest : mean(sums.seconds), mean(sums.prepare), mean(sums.wait)};
}

Counts Evaluator::evaluate(const StoredRows& rows, std::span<const std::int64_t> labels, const SampleOutputs& outputs,
                           PhaseClock* clock) {
  const Block block{rows, labels, outputs};
  OneBlock source(block);
  run(source, clock);
  return source.counts();
}

Counts evaluate_rows(const Network& network, const StoredRows& rows, const InputTransform& transform,
                     std::span<const std::int64_t> labels, int threads, const SampleOutputs& outputs,
                     PhaseClock* clock) {
  return Evaluator(network, transform, threads).evaluate(rows, labels, outputs, clock);
}

}  // namespace tally

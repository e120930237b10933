// Evaluating blocks of labelled rows with the threads of one rank.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "kernels/block.hpp"
#include "kernels/network.hpp"

namespace tally {

class TileRunner;

/// Where the time of a team went, in seconds, means over its threads.
struct TeamTimes {
  int threads = 0;
  /// From when a thread had its memory until it found no tile any more: the time without the wait for the last tiles
  /// of the last block, which a longer run would not make longer. Where there were fewer tiles than threads, until the
  /// last one was done.
  double seconds = 0.0;
  double prepare = 0.0;  // of that, in BlockSource::prepare
  double wait = 0.0;     // asleep, because the source had no block yet
};

/// Takes blocks of rows through a network with a team of threads. It keeps what the threads need (of megabytes for a
/// wide network) from one call to the next. Not itself to be called by several threads.
///
/// Counts and outputs have the same bits for any number of threads and any division of a dataset into blocks.
class Evaluator {
 public:
  /// threads >= 1. The network must outlive it.
  Evaluator(const Network& network, const InputTransform& transform, int threads);
  ~Evaluator();
  Evaluator(const Evaluator&) = delete;
  Evaluator& operator=(const Evaluator&) = delete;

  /// Runs every row of every block of the source through the network, scores it against its label, and hands the
  /// blocks back. Opens one OpenMP team for all of them; tiles are shared out dynamically, and no thread waits for
  /// another as long as the source has blocks; where it has none yet, they sleep.
  /// clock: receives where the threads' time went, added up over them; null where nobody asks.
  /// Throws std::bad_alloc where a thread finds no memory to begin with, and what the source throws. Blocks that
  /// were not handed back are then to be done again.
  TeamTimes run(BlockSource& source, PhaseClock* clock = nullptr);

  /// One block, whose counts are returned.
  Counts evaluate(const StoredRows& rows, std::span<const std::int64_t> labels, const SampleOutputs& outputs,
                  PhaseClock* clock = nullptr);

 private:
  const Network& network_;
  InputTransform transform_;
  std::vector<std::unique_ptr<TileRunner>> runners_;  // by thread, each made by its thread, so that it lies near it
};

/// One block with an Evaluator of its own.
Counts evaluate_rows(const Network& network, const StoredRows& rows, const InputTransform& transform,
                     std::span<const std::int64_t> labels, int threads, const SampleOutputs& outputs,
                     PhaseClock* clock = nullptr);

}  // namespace tally

// Evaluating blocks of labelled rows with the threads of one rank.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "kernels/counts.hpp"
#include "kernels/network.hpp"

namespace tally {

/// Where per-sample results go; an empty span is not wanted. Index i belongs to row i of the block.
struct SampleOutputs {
  std::span<std::int32_t> predicted;  // [rows]
  std::span<float> confidence;        // [rows]
  std::span<float> probabilities;     // [rows][classes]
};

/// Takes blocks of rows through a network, one after the other, with a team of threads. It keeps what the threads need
/// (of megabytes for a wide network) from one block to the next. Not itself to be called by several threads.
class Evaluator {
 public:
  /// threads >= 1. The network must outlive it.
  Evaluator(const Network& network, const InputTransform& transform, int threads);
  ~Evaluator();
  Evaluator(const Evaluator&) = delete;
  Evaluator& operator=(const Evaluator&) = delete;

  /// Runs every row of `rows` through the network, scores it against `labels` [rows], each in [0, classes), and returns
  /// the counts of the block. Opens an OpenMP team; tiles are shared out dynamically. Counts and outputs have the same
  /// bits for any number of threads and any division of a dataset into blocks.
  /// clock: receives where the threads' time went, added up over them; null where nobody asks.
  /// Throws std::bad_alloc where a thread finds no memory for its first tile; the block is then to be done again.
  Counts evaluate(const StoredRows& rows, std::span<const std::int64_t> labels, const SampleOutputs& outputs,
                  PhaseClock* clock = nullptr);

 private:
  class Scratch;

  const Network& network_;
  InputTransform transform_;
  std::vector<std::unique_ptr<Scratch>> scratch_;  // by thread, each made by its thread, so that it lies near it
};

/// One block with an Evaluator of its own.
Counts evaluate_rows(const Network& network, const StoredRows& rows, const InputTransform& transform,
                     std::span<const std::int64_t> labels, int threads, const SampleOutputs& outputs,
                     PhaseClock* clock = nullptr);

}  // namespace tally

// Evaluating a block of labelled rows with the threads of one rank.
#pragma once

#include <span>

#include "kernels/counts.hpp"
#include "kernels/network.hpp"

namespace tally {

/// Where per-sample results go; an empty span is not wanted. Index i belongs to row i of the block.
struct SampleOutputs {
  std::span<std::int32_t> predicted;  // [rows]
  std::span<float> confidence;        // [rows]
  std::span<float> probabilities;     // [rows][classes]
};

/// Runs every row of `rows` through the network, scores it against `labels` [rows], each in [0, classes), and returns
/// the counts of the block. threads >= 1. Opens an OpenMP team of `threads`; tiles are shared out dynamically. Counts
/// and outputs have the same bits for any number of threads and any division of a dataset into blocks. clock: receives
/// where the threads' time went, added up over them; null where nobody asks.
Counts evaluate_rows(const Network& network, const StoredRows& rows, const InputTransform& transform,
                     std::span<const std::int64_t> labels, int threads, const SampleOutputs& outputs,
                     PhaseClock* clock = nullptr);

}  // namespace tally

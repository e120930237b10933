// Blocks of labelled rows, and where a team of threads gets them.
#pragma once

#include <cstdint>
#include <span>

#include "kernels/counts.hpp"
#include "kernels/input.hpp"

namespace tally {

/// Where per-sample results go; an empty span is not wanted. Index i belongs to row i of the block.
struct SampleOutputs {
  std::span<std::int32_t> predicted;  // [rows]
  std::span<float> confidence;        // [rows]
  std::span<float> probabilities;     // [rows][classes]
};

/// Rows, what they are scored against, and where their results go.
struct Block {
  StoredRows rows;
  std::span<const std::int64_t> labels;  // [rows], each in [0, classes)
  SampleOutputs outputs;
};

/// Gives blocks to a team of threads and takes them back. Any thread of the team may call, next() one at a time, done()
/// also at the same time as both.
class BlockSource {
 public:
  BlockSource() = default;
  virtual ~BlockSource() = default;
  BlockSource(const BlockSource&) = delete;
  BlockSource& operator=(const BlockSource&) = delete;

  /// A block that stays as it is until it is done, or null when there are no more; it is not asked again then, nor
  /// after an exception. A thread asks before it works on what it has, so this may not wait for a block to be done, and
  /// as many blocks may be open at a time as threads hold tiles, two each.
  virtual const Block* next() = 0;
  /// Every row of the block is evaluated, and `counts` are its counts. Blocks need not be done in the order in which
  /// they were given.
  virtual void done(const Block& block, const Counts& counts) = 0;
};

}  // namespace tally

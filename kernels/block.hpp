// Blocks of labelled rows, and where a team of threads gets them.
#pragma once

#include <cstdint>
#include <span>

#include "kernels/counts.hpp"
#include "kernels/input.hpp"
#include "kernels/signal.hpp"

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

/// What a source has at a moment: a block, none yet, or none any more.
struct Offer {
  const Block* block = nullptr;
  bool unprepared = false;  // the block's rows are still to be made, by prepare()
  bool ended = false;       // no block, nor will there ever be one
};

/// Gives blocks to a team of threads and takes them back. Any thread of the team may call: next() one at a time,
/// begin(), prepare() and done() at the same time as everything else. None may wait for another block to be done.
class BlockSource {
 public:
  BlockSource() = default;
  virtual ~BlockSource() = default;
  BlockSource(const BlockSource&) = delete;
  BlockSource& operator=(const BlockSource&) = delete;

  /// Each of the team's `threads` threads calls it once, as soon as it has its memory and before it asks for a block.
  virtual void begin(int /*thread*/, int /*threads*/) {}
  /// A block that stays as it is until it is done. A `busy` thread has a tile to work on first, and asks in order to
  /// bring the next one into its cache meanwhile: a block that takes long to prepare should wait. It is not asked again
  /// after an end or an exception. As many blocks may be open at a time as threads hold tiles, two each.
  virtual Offer next(bool busy) = 0;
  /// Makes the rows of a block that was offered unprepared, by the thread that asked for it; others go on meanwhile.
  virtual void prepare(const Block& /*block*/) {}
  /// Every row of the block is evaluated, and `counts` are its counts. Blocks need not be done in the order in which
  /// they were given.
  virtual void done(const Block& block, const Counts& counts) = 0;

  /// What threads sleep on that were offered nothing: to be raised when next() may have something else to say.
  Signal& signal() { return signal_; }

 private:
  Signal signal_;
};

}  // namespace tally

// How a range of rows is cut into shards. Pure arithmetic; local.
#pragma once

#include <optional>

#include "pipeline/row_range.hpp"

namespace tally::pipeline {

struct ShardRequest {
  RowRange rows;            // what is to be evaluated
  Index bytes_per_row = 1;  // in a shard's buffers: inputs as they travel, labels, results
  Index flops_per_row = 0;  // of the forward pass
  Index batch_size = 100;   // the user's wish
  int ranks = 1;
  int threads = 1;                        // of the rank that has most
  Index panel = 1;                        // rows that cost a thread as much as one of them: Network::panel()
  Index tile_rows = 1;                    // rows that a thread works on best: Network::tile_rows()
  Index buffer_bytes = Index{128} << 20;  // for all shards that the root holds at a time
  Index band_rows = 0;                    // where chunks travel: rows of a chunk; else 0
  bool by_the_shard = false;              // reading costs by the shard, not by the row: better few large ones
};

/// Rows of no more work than 2e10 FLOP a thread; one at least.
Index rows_soon_done(const ShardRequest& request);

/// Shards that the root can hold to advantage: of each rank one computed and one on its way, and two being read.
Index useful_buffers(int ranks);

/// Rows per shard, at least 1. For each thread of a rank there should be a tile, so that all of them work, and at their
/// best; more where rows are small, so that messages are few. In order, the later wins:
/// * 4 MiB, few enough that those on their way stay in a processor's cache, and no more work than 2e10 FLOP a thread,
///   well under a second, so that a rank is soon heard of again;
/// * at least a tile for each thread, or a chunk where chunks travel, with up to 1e11 FLOP a thread; at least a panel
///   for each, whatever the work;
/// * all useful buffers fit into buffer_bytes, where that leaves each 256 KiB; else fewer of them, at least three, or
///   two where three could not hold a panel for each thread, unless a single row does not fit; and none exceeds 64 MiB,
///   unless a panel for each thread does;
/// * with several ranks, small enough that each rank gets about eight shards, so that the last ones balance;
/// * a whole number of batches where a batch fits, else a batch is split into parts that differ by at most one row;
///   both rounded down, or up where too few rows for the threads would be left, and memory allows;
/// * where that leaves more than a hundredth of the panels empty, the next number of batches that fills them, within
///   the bounds of memory, work and ranks, if it is at most twice as large.
/// Where chunks travel, a whole number of them instead of batches and panels, at least one. Where reading costs by the
/// shard, as many rows as two buffers can hold.
Index rows_per_shard(const ShardRequest& request);

/// Hands out the shards in order: consecutive, not empty, together exactly the rows of the request; each ends on a
/// batch boundary (counted from rows.first) or within the batch that it splits.
///
///   rows [0, 10), batch 4, 3 rows a shard:  [0,2) [2,4) [4,6) [6,8) [8,10)
///   rows [0, 10), batch 2, 5 rows a shard:  [0,4) [4,8) [8,10)
///
/// Where chunks travel, each ends with a chunk (counted from row 0 of the dataset) instead, or with the last row:
///
///   rows [3, 20), chunks of 4 rows, 8 rows a shard:  [3,8) [8,16) [16,20)
class ShardPlan {
 public:
  explicit ShardPlan(const ShardRequest& request);

  /// The next shard; nothing when all were handed out.
  std::optional<RowRange> next();
  /// Rows that are not handed out yet.
  Index rows_left() const { return rows_.count - position_; }
  /// No shard has more rows.
  Index largest() const { return rows_per_shard_; }
  Index shards() const;

 private:
  RowRange rows_;
  Index batch_size_;
  Index band_rows_;
  Index rows_per_shard_;
  Index position_ = 0;  // rows handed out
};

}  // namespace tally::pipeline

// How a range of rows is cut into shards. Pure arithmetic; local.
#pragma once

#include <optional>

#include "pipeline/row_range.hpp"

namespace tally::pipeline {

struct ShardRequest {
  RowRange rows;            // what is to be evaluated
  Index bytes_per_row = 1;  // stored inputs and label as they travel, and results on their way back
  Index flops_per_row = 0;  // of the forward pass
  Index batch_size = 100;   // the user's wish
  int ranks = 1;
  int threads = 1;                        // of the rank that has most
  Index panel = 1;                        // rows that cost a thread as much as one of them: Network::panel()
  Index tile_rows = 1;                    // rows that a thread works on best: Network::tile_rows()
  int shards_in_flight = 2;               // per rank other than the root, each with a buffer on the root
  Index buffer_bytes = Index{128} << 20;  // for all buffers of the root
};

/// Rows per shard, at least 1 and at most rows.count (1 where that is 0). For each thread of a rank there should be a
/// tile, so that all of them work, and at their best; more where rows are small, so that messages are few. In order,
/// the later wins:
/// * 4 MiB, and no more work than 2e10 FLOP a thread, well under a second, so that a rank is soon heard of again;
/// * at least a tile for each thread, with up to 1e11 FLOP a thread; at least a panel for each, whatever the work;
/// * the buffers of all shards in flight fit into buffer_bytes, unless a single row does not; and none exceeds 64 MiB,
///   unless a panel for each thread does;
/// * with several ranks, small enough that each rank gets about eight shards, so that the last ones balance;
/// * a whole number of batches where a batch fits, else a batch is split into parts that differ by at most one row;
/// both
///   rounded down, or up where too few rows for the threads would be left, and memory allows;
/// * where that leaves more than a hundredth of the panels empty, the next number of batches that fills them, within
/// the
///   bounds of memory, work and ranks, if it is at most twice as large.
Index rows_per_shard(const ShardRequest& request);

/// Hands out the shards in order: consecutive, not empty, together exactly the rows of the request; each ends on a
/// batch boundary (counted from rows.first) or within the batch that it splits.
///
///   rows [0, 10), batch 4, 3 rows a shard:  [0,2) [2,4) [4,6) [6,8) [8,10)
///   rows [0, 10), batch 2, 5 rows a shard:  [0,4) [4,8) [8,10)
class ShardPlan {
 public:
  explicit ShardPlan(const ShardRequest& request);

  /// The next shard; nothing when all were handed out.
  std::optional<RowRange> next();
  /// The largest shard that next() returns.
  Index largest() const { return rows_per_shard_; }
  Index shards() const;

 private:
  RowRange rows_;
  Index batch_size_;
  Index rows_per_shard_;
  Index position_ = 0;  // rows handed out
};

}  // namespace tally::pipeline

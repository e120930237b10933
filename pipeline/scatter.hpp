// The evaluation loop over ranks: the root hands out shards, every rank evaluates, results come back.
//
// Messages at three ranks and five shards (rows in brackets; the root keeps what nobody waits for):
//
//   root -> 1: [0,2) [2,4)      root -> 2: [4,6) [6,8)      root evaluates [8,9)
//   1 -> root: [0,2) [2,4)      2 -> root: [4,6) [6,8)      each result is also the request for another shard
//   root -> 1: done done        root -> 2: done done          one for each shard that a rank waits for
#pragma once

#include <functional>
#include <vector>

#include "kernels/counts.hpp"
#include "pipeline/mpi.hpp"
#include "pipeline/shard_evaluator.hpp"
#include "pipeline/shard_source.hpp"

namespace tally::pipeline {

/// Shards that are at a rank or on their way at any time: while it computes one, the next is already there.
inline constexpr int shards_in_flight = 2;

/// Called on the root for every shard that came back, in any order of rows, with the shard as it was sent (its labels)
/// and its results.
using ResultSink = std::function<void(ShardMessage& shard, ResultMessage& result)>;

/// A failure after which the ranks cannot end together, because one of them no longer answers: abort.
class StrandedError : public Error {
 public:
  using Error::Error;
};

struct RootOutcome {
  Counts counts;                 // of the root's own shards
  std::uint64_t bytes_sent = 0;  // in shard messages, the last ones included
  std::vector<Index> shards_per_rank;
};

/// The root's side; collective with run_worker on all other ranks. Returns when every row of the source came back
/// exactly once. Throws Error where the source, the sink or a rank fails, or nothing moves for job.stall_seconds; the
/// others have been told to end by then (`failed` shard) and all may go on to finish together. Throws StrandedError
/// where a rank does not return what it holds and take that message within 30 s, or does not take its last message.
RootOutcome run_root(const MpiSession& session, const Job& job, ShardSource& source, ShardEvaluator& evaluator,
                     const ResultSink& sink);

/// A rank's side. Returns false where the root says that the job has failed.
bool run_worker(const MpiSession& session, const Job& job, ShardEvaluator& evaluator);

}  // namespace tally::pipeline

// The evaluation loop over ranks: the root hands out shards, every rank evaluates, results come back.
//
// Messages at three ranks and five shards (rows in brackets; the root is a rank like the others, but sends itself
// nothing). A shard is a header and, unless ranks read for themselves or see the root's memory, a payload of one or
// more pieces; of labels alone for ranks that read rows on the root's machine:
//
//   root -> 1: [0,2)            root -> 2: [2,4)      root keeps [4,6)      first one for each rank,
//   root -> 1: [6,8)            root -> 2: [8,9)                            then a second one, as far as there are any
//   1 -> root: [0,2) [6,8)      2 -> root: [2,4) [8,9)                      each result is also the request for another
//   root -> 1: done             root -> 2: done
//
// Of a rank, the main thread alone speaks MPI; shards are read, and results written, in an IoThread, and computed by a
// ComputeTeam.
#pragma once

#include <chrono>
#include <functional>
#include <vector>

#include "kernels/counts.hpp"
#include "kernels/network.hpp"
#include "pipeline/compute_team.hpp"
#include "pipeline/io_thread.hpp"
#include "pipeline/mpi.hpp"
#include "pipeline/shard_sharing.hpp"
#include "pipeline/shard_source.hpp"

namespace tally::pipeline {

/// Shards that are at a rank or on their way at any time: while it computes one, the next is already there.
inline constexpr int shards_in_flight = 2;

/// Bytes that all payloads of the root take, to be shared with ranks on its machine.
std::size_t shared_bytes(const Job& job);

/// A failure after which the ranks cannot end together, because one of them no longer answers: abort, at once, since
/// messages under way may still arrive in memory that is free by now.
class StrandedError : public Error {
 public:
  using Error::Error;
};

/// What a rank works with. All must outlive the run.
struct RankTools {
  const Network& network;
  int threads = 1;
  ShardSource* source = nullptr;                             // where this rank reads; else null
  std::function<void(const std::string& why)> give_up = {};  // see LastResort
  const ShardSharing* sharing = nullptr;
  ShardHook hook = {};                   // for tests
  const io::PlainRows* plain = nullptr;  // where this rank reads rows that it is sent the labels of; else null
  std::vector<bool> readers = {};        // root only, by rank: does so. Those need the root's source to be plain
};

/// Where a rank's time went, in seconds.
struct RankTimes {
  IoTimes io;
  TeamTimes team;
  double send = 0.0;  // with shards on their way to other ranks or, elsewhere than on the root, to this one
};

/// What both have measured. The time in which computing threads read counts as reading.
RankTimes rank_times(const IoTimes& io, const ComputeTeam& team, double send);

/// Where the computing threads of a rank can read, or null.
const io::PlainRows* plain_of(const RankTools& tools);

struct RankOutcome {
  bool finished = false;  // false: the root says that the job has failed
  Counts counts;          // of this rank's shards
  RankTimes times;
};

struct RootOutcome {
  RankOutcome rank;  // as of every other
  std::chrono::steady_clock::time_point first_read;
  std::uint64_t bytes_sent = 0;        // headers and payloads of shards
  std::vector<Index> shards_per_rank;  // a rank that reads for itself gets several at once, which count as one
  std::vector<Index> rows_per_rank;
};

/// The root's side; collective with run_worker on all other ranks. `sink` is called, in another thread, for every shard
/// that came back where the job asks for predictions. Returns when every row of job.shards.rows came back exactly once.
/// Throws Error where the source, the sink or a rank fails, or nothing moves for job.stall_seconds; the others have
/// been told to end by then (`failed` shard) and all may go on to finish together. Throws StrandedError where a rank
/// does not return what it holds and take that message within 30 s, or does not take its last message.
RootOutcome run_root(const MpiSession& session, const Job& job, const RankTools& tools, const ResultSink& sink);

/// A rank's side.
RankOutcome run_worker(const MpiSession& session, const Job& job, const RankTools& tools);

}  // namespace tally::pipeline

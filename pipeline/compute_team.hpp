// The computing threads of a rank: shards go in, results come out, in a thread of their own that keeps the OpenMP team.
#pragma once

#include <atomic>
#include <deque>
#include <exception>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "io/chunk_decoder.hpp"
#include "io/plain_rows.hpp"
#include "kernels/evaluate.hpp"
#include "pipeline/job.hpp"
#include "pipeline/last_resort.hpp"
#include "pipeline/result.hpp"
#include "pipeline/shard.hpp"

namespace tally::pipeline {

/// A shard and where its results go, in the hands of the team between submit() and take_finished().
struct ShardWork {
  Shard* shard = nullptr;
  Result* result = nullptr;
  bool labels_only = false;  // the threads read the rows for themselves
};

/// Called by a computing thread for every shard that it completes, so that tests can be slow or fail there.
using ShardHook = std::function<void(const RowRange& rows)>;

/// Evaluates shards with the threads of this rank and keeps the counts. Where chunks travel, each thread inflates a
/// band of them (io/chunk_grid.hpp); where rows lie plainly in a file that this rank reads, each reads a piece of them
/// into its cache: no other thread could bring them there. As many bands or pieces as the job's plan allows are there
/// at a time, and threads that have none help others with theirs. Local; to be called by one thread.
class ComputeTeam : private BlockSource {
 public:
  /// Starts the threads. Job and network must outlive it; `events` is raised whenever a shard is done, or the team
  /// fails.
  /// plain: where threads read for themselves; null where they do not.
  ComputeTeam(const Job& job, const Network& network, int threads, const io::PlainRows* plain, Signal& events,
              const LastResort& last_resort, ShardHook hook = {});
  /// Lets the threads end the tiles that they have, and drops the rest; the last resort where they do not end.
  ~ComputeTeam() override;

  /// Until the threads are there and have taken their memory, so that a run does not begin with that. Throws as
  /// check().
  void wait_ready();
  /// Rows to be evaluated; both must stay until they come back. The labels are those of labels().
  void submit(const ShardWork& work);
  /// A shard whose result is complete, in any order; nothing where there is none yet.
  std::optional<ShardWork> take_finished();
  /// Throws what has ended the threads early (out of memory, chunks that cannot be decoded). No shard comes back then.
  void check() const;
  /// No more shards: waits for the last ones. Throws as check().
  void end();

  /// Whether shards may come with labels only.
  bool reads() const { return plain_ != nullptr; }

  /// Of all shards that came back. After end().
  const Counts& counts() const { return counts_; }
  const TeamTimes& times() const { return times_; }
  /// Of times().prepare, what threads spent computing (copying rows that were in memory), where they read.
  double read_cpu_seconds() const;

 private:
  struct Task;
  struct OpenBlock;
  struct Room;

  void begin(int thread, int threads) override;
  Offer next(bool busy) override;
  void prepare(const Block& block) override;
  void done(const Block& block, const Counts& counts) override;

  void run();
  void close();
  Offer next_part();
  Block block_of(const Task& task, const RowRange& rows, const std::byte* data) const;

  const Job& job_;
  Evaluator evaluator_;
  const io::PlainRows* plain_;
  Signal& events_;
  const LastResort& last_resort_;
  ShardHook hook_;
  Index room_bytes_ = 0;
  std::atomic<std::int64_t> read_cpu_nanoseconds_ = 0;

  mutable std::mutex mutex_;  // for what follows
  std::deque<std::unique_ptr<Task>> tasks_;
  std::deque<Task*> queue_;  // of which blocks are still to be given
  std::deque<ShardWork> finished_;
  std::vector<std::unique_ptr<Room>> rooms_;
  std::vector<Room*> free_rooms_;  // the one used last is taken first: it is in the cache
  int begun_ = 0;                  // threads
  bool ready_ = false;
  bool ending_ = false;
  bool ended_ = false;
  std::exception_ptr failure_;
  Counts counts_;
  TeamTimes times_;

  std::thread thread_;
};

}  // namespace tally::pipeline

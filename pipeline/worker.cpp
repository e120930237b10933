#include <array>
#include <exception>

#include "pipeline/scatter.hpp"
#include "pipeline/tags.hpp"

namespace tally::pipeline {
namespace {

/// One of the shards in flight: where it is received and where its results wait to be sent.
struct Slot {
  ShardMessage shard;
  ResultMessage result;
  MPI_Request receive = MPI_REQUEST_NULL;
  MPI_Request send = MPI_REQUEST_NULL;
};

class WorkerLoop {
 public:
  WorkerLoop(const MpiSession& session, const Job& job, ShardEvaluator& evaluator)
      : session_(session), job_(job), evaluator_(evaluator) {}

  bool run() {
    const Index largest_shard = rows_per_shard(job_.shards);
    for (Slot& slot : slots_) {
      slot.shard.reserve(largest_shard, job_.bytes_per_row());
      post_receive(slot);
    }
    // Messages of one sender and one tag arrive in the order sent, so the slots take turns.
    for (std::size_t turn = 0;; turn = (turn + 1) % slots_.size()) {
      const ShardKind kind = next_shard(slots_[turn]);
      if (kind != ShardKind::rows) {
        end();
        return kind == ShardKind::done;
      }
      answer(slots_[turn]);
      post_receive(slots_[turn]);
    }
  }

 private:
  void post_receive(Slot& slot) {
    const auto room = slot.shard.capacity();
    check_mpi(
        MPI_Irecv(room.data(), mpi_count(room.size()), MPI_BYTE, 0, shard_tag, session_.communicator(), &slot.receive),
        "MPI_Irecv");
  }

  /// Waits for the slot's shard; sends of earlier results move on meanwhile.
  ShardKind next_shard(Slot& slot) {
    Patience patience(job_.stall_seconds);
    MPI_Status status;
    while (!completed(slot.receive, &status)) {
      for (Slot& other : slots_) completed(other.send);
      patience.idle([] { return std::string("waiting for the root to send a shard"); });
    }
    int bytes = 0;
    check_mpi(MPI_Get_count(&status, MPI_BYTE, &bytes), "MPI_Get_count");
    slot.shard.received(static_cast<std::size_t>(bytes), job_.bytes_per_row());
    return slot.shard.kind();
  }

  void answer(Slot& slot) {
    wait_for(slot.send, job_.stall_seconds, "waiting for the root to take results");
    try {
      evaluator_.evaluate(slot.shard, slot.result);
    } catch (const std::exception& failure) {
      slot.result.reset_failed(slot.shard.rows(), failure.what());
    }
    const auto bytes = slot.result.bytes();
    check_mpi(
        MPI_Isend(bytes.data(), mpi_count(bytes.size()), MPI_BYTE, 0, result_tag, session_.communicator(), &slot.send),
        "MPI_Isend");
  }

  /// Nothing but the last message to the other slots will come; the last results are seen off.
  void end() {
    for (Slot& slot : slots_) {
      wait_for(slot.send, job_.stall_seconds, "waiting for the root to take results");
      wait_for(slot.receive, job_.stall_seconds, "waiting for the root's last message");
    }
  }

  const MpiSession& session_;
  const Job& job_;
  ShardEvaluator& evaluator_;
  std::array<Slot, shards_in_flight> slots_;
};

}  // namespace

bool run_worker(const MpiSession& session, const Job& job, ShardEvaluator& evaluator) {
  return WorkerLoop(session, job, evaluator).run();
}

}  // namespace tally::pipeline

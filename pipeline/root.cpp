#include <algorithm>
#include <array>
#include <exception>

#include "pipeline/coverage.hpp"
#include "pipeline/scatter.hpp"
#include "pipeline/tags.hpp"

namespace tally::pipeline {
namespace {

/// How long the root waits for ranks to take the message that the job has failed.
constexpr double farewell_seconds = 30.0;

/// A shard at a rank, or room for one.
struct Slot {
  ShardMessage shard;
  ResultMessage result;
  MPI_Request send = MPI_REQUEST_NULL;
  MPI_Request receive = MPI_REQUEST_NULL;
  bool in_flight = false;  // sent, its result not yet here
  bool receiving = false;  // its result is on its way
};

struct Peer {
  std::array<Slot, shards_in_flight> slots;
  std::size_t next_to_send = 0;     // results come back in the order of the shards,
  std::size_t next_to_receive = 0;  // so that both ends take the slots in turn
};

class RootLoop {
 public:
  RootLoop(const MpiSession& session, const Job& job, ShardSource& source, ShardEvaluator& evaluator,
           const ResultSink& sink)
      : session_(session),
        job_(job),
        source_(source),
        evaluator_(evaluator),
        sink_(sink),
        peers_(static_cast<std::size_t>(session.size() - 1)) {
    outcome_.shards_per_rank.assign(static_cast<std::size_t>(session.size()), 0);
  }

  RootOutcome run() {
    try {
      evaluate_all();
      if (!coverage_.tiles(source_.rows())) {
        throw Error("internal error: " + std::to_string(coverage_.rows()) + " rows came back of " +
                    std::to_string(source_.rows().count));
      }
    } catch (const StallError& stall) {
      throw StrandedError(stall.what());  // who does not return rows takes no farewell either
    } catch (const std::exception& failure) {
      give_up(failure.what());
      throw;
    }
    try {
      dismiss(ShardKind::done, job_.stall_seconds);
    } catch (const Error& failure) {
      throw StrandedError(failure.what());
    }
    outcome_.counts = evaluator_.counts();
    return outcome_;
  }

 private:
  void evaluate_all() {
    Patience patience(job_.stall_seconds);
    while (more_ || shards_out_ > 0) {
      bool moved = collect_results();
      moved = hand_out() || moved;
      // Others first, so that they compute while the root does.
      if (!moved) moved = evaluate_one_here();
      if (moved) {
        patience.moved();
      } else {
        patience.idle([this] { return who_is_awaited(); });
      }
    }
  }

  /// Starts receiving the results that have arrived, and takes those that are complete.
  bool collect_results() {
    bool moved = false;
    while (start_receive()) moved = true;
    for (Peer& peer : peers_) {
      Slot& slot = peer.slots[peer.next_to_receive];
      if (!slot.receiving || !completed(slot.receive) || !completed(slot.send)) continue;
      slot.receiving = false;
      slot.in_flight = false;
      peer.next_to_receive = (peer.next_to_receive + 1) % shards_in_flight;
      --shards_out_;
      slot.result.received(job_);
      if (slot.result.failed()) {
        throw Error("rank " + std::to_string(&peer - peers_.data() + 1) + ": " + slot.result.error());
      }
      if (slot.result.rows() != slot.shard.rows()) throw Error("internal error: results of other rows than were sent");
      take(slot.shard, slot.result);
      moved = true;
    }
    return moved;
  }

  bool start_receive() {
    if (shards_out_ == 0) return false;
    int arrived = 0;
    MPI_Message message = MPI_MESSAGE_NULL;
    MPI_Status status;
    check_mpi(MPI_Improbe(MPI_ANY_SOURCE, result_tag, session_.communicator(), &arrived, &message, &status),
              "MPI_Improbe");
    if (arrived == 0) return false;
    Peer& peer = peers_[static_cast<std::size_t>(status.MPI_SOURCE - 1)];
    std::size_t turn = peer.next_to_receive;
    if (peer.slots[turn].receiving) turn = (turn + 1) % shards_in_flight;
    Slot& slot = peer.slots[turn];
    int bytes = 0;
    check_mpi(MPI_Get_count(&status, MPI_BYTE, &bytes), "MPI_Get_count");
    slot.result.resize(static_cast<std::size_t>(bytes));
    check_mpi(MPI_Imrecv(slot.result.bytes().data(), bytes, MPI_BYTE, &message, &slot.receive), "MPI_Imrecv");
    slot.receiving = true;
    return true;
  }

  /// Fills the free slots of every rank: first one shard each, then the second ones.
  bool hand_out() {
    bool moved = false;
    for (int round = 0; round < shards_in_flight && more_; ++round) {
      for (std::size_t index = 0; index < peers_.size() && more_; ++index) {
        Slot& slot = peers_[index].slots[peers_[index].next_to_send];
        if (slot.in_flight) continue;
        more_ = source_.next(slot.shard);
        if (!more_) break;
        send(static_cast<int>(index) + 1, slot);
        peers_[index].next_to_send = (peers_[index].next_to_send + 1) % shards_in_flight;
        moved = true;
      }
    }
    return moved;
  }

  void send(int rank, Slot& slot) {
    const auto bytes = slot.shard.bytes();
    check_mpi(MPI_Isend(bytes.data(), mpi_count(bytes.size()), MPI_BYTE, rank, shard_tag, session_.communicator(),
                        &slot.send),
              "MPI_Isend");
    slot.in_flight = true;
    ++shards_out_;
    outcome_.bytes_sent += bytes.size();
    ++outcome_.shards_per_rank[static_cast<std::size_t>(rank)];
  }

  bool evaluate_one_here() {
    if (!more_) return false;
    more_ = source_.next(own_shard_);
    if (!more_) return false;
    evaluator_.evaluate(own_shard_, own_result_);
    ++outcome_.shards_per_rank[0];
    take(own_shard_, own_result_);
    return true;
  }

  void take(ShardMessage& shard, ResultMessage& result) {
    coverage_.add(shard.rows());
    sink_(shard, result);
  }

  std::string who_is_awaited() const {
    for (std::size_t index = 0; index < peers_.size(); ++index) {
      const Slot& slot = peers_[index].slots[peers_[index].next_to_receive];
      if (!slot.in_flight) continue;
      const RowRange rows = slot.shard.rows();
      return "rank " + std::to_string(index + 1) + " does not return rows [" + std::to_string(rows.first) + ", " +
             std::to_string(rows.end()) + ")";
    }
    return "nothing to do";
  }

  /// Sends every rank its last messages: one for each shard that it waits for, so that it has no receive to withdraw,
  /// which might have taken the first shard of another run.
  void dismiss(ShardKind kind, double seconds) {
    last_message_.reset(kind, RowRange{}, job_.bytes_per_row());
    const auto bytes = last_message_.bytes();
    std::vector<MPI_Request> requests(peers_.size() * shards_in_flight, MPI_REQUEST_NULL);
    for (std::size_t index = 0; index < requests.size(); ++index) {
      const auto rank = static_cast<int>(index / shards_in_flight) + 1;
      check_mpi(MPI_Isend(bytes.data(), mpi_count(bytes.size()), MPI_BYTE, rank, shard_tag, session_.communicator(),
                          &requests[index]),
                "MPI_Isend");
      outcome_.bytes_sent += bytes.size();
    }
    for (MPI_Request& request : requests) wait_for(request, seconds, "waiting for a rank to take its last message");
  }

  /// The job has failed: lets the ranks finish what they hold, then tells them.
  void give_up(const std::string& why) {
    try {
      Patience patience(std::min(farewell_seconds, job_.stall_seconds));
      while (shards_out_ > 0) {
        if (drain()) {
          patience.moved();
        } else {
          patience.idle([this] { return who_is_awaited(); });
        }
      }
      dismiss(ShardKind::failed, farewell_seconds);
    } catch (const Error&) {
      throw StrandedError(why);
    }
  }

  /// As collect_results, but what came back no longer matters.
  bool drain() {
    bool moved = false;
    while (start_receive()) moved = true;
    for (Peer& peer : peers_) {
      Slot& slot = peer.slots[peer.next_to_receive];
      if (!slot.receiving || !completed(slot.receive) || !completed(slot.send)) continue;
      slot.receiving = slot.in_flight = false;
      peer.next_to_receive = (peer.next_to_receive + 1) % shards_in_flight;
      --shards_out_;
      moved = true;
    }
    return moved;
  }

  const MpiSession& session_;
  const Job& job_;
  ShardSource& source_;
  ShardEvaluator& evaluator_;
  const ResultSink& sink_;
  std::vector<Peer> peers_;  // rank 1 first
  ShardMessage own_shard_;
  ResultMessage own_result_;
  ShardMessage last_message_;
  Coverage coverage_;
  RootOutcome outcome_;
  bool more_ = true;    // the source may have more
  int shards_out_ = 0;  // shards at other ranks
};

}  // namespace

RootOutcome run_root(const MpiSession& session, const Job& job, ShardSource& source, ShardEvaluator& evaluator,
                     const ResultSink& sink) {
  return RootLoop(session, job, source, evaluator, sink).run();
}

}  // namespace tally::pipeline

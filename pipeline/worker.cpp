#include <array>
#include <deque>
#include <exception>
#include <list>
#include <optional>
#include <utility>

#include "pipeline/failure_text.hpp"
#include "pipeline/pace.hpp"
#include "pipeline/scatter.hpp"
#include "pipeline/shard_transfer.hpp"
#include "pipeline/tags.hpp"

namespace tally::pipeline {
namespace {

class WorkerLoop {
 public:
  WorkerLoop(const MpiSession& session, const Job& job, const RankTools& tools)
      : session_(session),
        job_(job),
        sharing_(tools.sharing),
        last_resort_{tools.give_up, job.stall_seconds},
        team_(job, tools.network, tools.threads, plain_of(tools), events_, last_resort_, tools.hook) {
    for (Shard& shard : shards_) free_shards_.push_back(&shard);
    for (Result& result : results_) free_results_.push_back(&result);
    if (tools.source != nullptr) io_.emplace(*tools.source, ResultSink(), events_, last_resort_);
  }

  RankOutcome run() {
    post_header();
    Patience patience(job_.stall_seconds);
    while (!ending_ || held_ > 0 || !sending_.empty()) {
      const std::uint64_t seen = events_.count();
      const bool moved = move();
      // What this rank has in hand may take as long as it takes; what it waits for from the root may not.
      if (!in_hand_.empty() || !ready_.empty()) patience.touch();
      if (moved) {
        patience.moved();
      } else {
        set_sleep(patience);
        patience.idle(events_, seen, [] { return std::string("waiting for the root to send a shard"); });
      }
    }
    if (*ending_ != ShardKind::done) return {};
    team_.end();
    return {true, team_.counts(), rank_times(io_ ? io_->times() : IoTimes(), team_, receiving_seconds_)};
  }

 private:
  using Clock = std::chrono::steady_clock;

  struct Receiving {
    Shard* shard = nullptr;
    std::vector<MPI_Request> requests;
  };
  struct Sending {
    Result* result = nullptr;
    MPI_Request request = MPI_REQUEST_NULL;
  };

  /// Events of this rank end every sleep; messages have to be looked for, at once only where the threads have nothing.
  void set_sleep(Patience& patience) const {
    using std::chrono::microseconds;
    const bool transfer = !receiving_.empty() || !sending_.empty();
    if (in_hand_.empty()) {
      patience.set_sleep(microseconds(20), microseconds(transfer ? 100 : 1000));
    } else {
      // What is sent to a rank that does not read takes its time; it should begin at once.
      const microseconds own = team_.reads() || job_.ranks_read ? pace_.sleep() : Pace::shortest;
      const microseconds pause = transfer ? microseconds(200) : own;
      patience.set_sleep(pause, pause);
    }
  }

  void post_header() {
    check_mpi(MPI_Irecv(&header_, mpi_count(sizeof header_), MPI_BYTE, 0, shard_tag, session_.communicator(),
                        &header_request_),
              "MPI_Irecv");
  }

  bool move() {
    note_failures();
    bool moved = take_header();
    moved = take_received() || moved;
    moved = take_read() || moved;
    moved = start_computing() || moved;
    moved = answer() || moved;
    moved = see_off_results() || moved;
    return moved;
  }

  /// From now on every shard is answered with the failure.
  void note_failures() {
    if (!failure_.empty()) return;
    try {
      team_.check();
      if (io_) io_->check();
    } catch (const std::exception& failure) {
      failure_ = last_resort_.why = failure_text(failure);
      for (const RowRange& rows : in_hand_) failed_.push_back(rows);
      for (Shard* const shard : ready_) failed_.push_back(shard->rows());
      ready_.clear();
      // Those that the team had are lost with it; a failure takes few bytes.
      free_results_.clear();
      for (Result& result : failed_results_) free_results_.push_back(&result);
    }
  }

  bool take_header() {
    if (ending_ || !completed(header_request_)) return false;
    if (header_.kind == ShardKind::rows || header_.kind == ShardKind::range) {
      accept(header_);
    } else if (header_.kind != ShardKind::wait) {
      ending_ = header_.kind;
    }
    if (!ending_) post_header();
    return true;
  }

  void accept(const ShardHeader& header) {
    ++held_;
    const bool reads = header.kind == ShardKind::range && header.bytes == 0;
    if (reads && !failure_.empty()) return failed_.push_back(header.rows());
    if (free_shards_.empty()) throw Error("internal error: the root sent more shards than this rank asked for");
    Shard& shard = *free_shards_.back();
    free_shards_.pop_back();
    if (reads) {
      if (!io_) throw Error("internal error: rows to be read by a rank that does not read");
      in_hand_.push_back(header.rows());
      io_->read(shard, header.rows(), team_.reads());
    } else if (header.shared_at >= 0) {
      if (sharing_ == nullptr || !sharing_->view) throw Error("internal error: a shard in memory that is not shared");
      shard.reset_shared(header, label_bytes(job_.classes), sharing_->view->bytes());
      here(shard);
    } else {
      shard.reset_received(header, label_bytes(job_.classes));
      if (receiving_.empty()) receiving_since_ = Clock::now();
      receiving_.push_back({&shard, {}});
      start_receive(session_, shard.payload(), receiving_.back().requests);
    }
  }

  /// Payloads arrive in the order of their headers.
  bool take_received() {
    if (receiving_.empty() || !all_completed(receiving_.front().requests)) return false;
    Shard& shard = *receiving_.front().shard;
    receiving_.pop_front();
    const auto now = Clock::now();
    receiving_seconds_ += std::chrono::duration<double>(now - std::exchange(receiving_since_, now)).count();
    here(shard);
    return true;
  }

  /// The whole payload is.
  void here(Shard& shard) {
    if (failure_.empty()) {
      shard.unpack_labels();
      ready_.push_back(&shard);
    } else {
      failed_.push_back(shard.rows());
    }
  }

  bool take_read() {
    Shard* const shard = io_ && failure_.empty() ? io_->take_read() : nullptr;
    if (shard == nullptr) return false;
    std::erase(in_hand_, shard->rows());
    ready_.push_back(shard);
    return true;
  }

  bool start_computing() {
    if (ready_.empty() || free_results_.empty()) return false;
    Shard& shard = *ready_.front();
    ready_.pop_front();
    in_hand_.push_back(shard.rows());
    const bool labels_only = shard.body().empty();
    if (labels_only && !team_.reads()) throw Error("internal error: labels for a rank that does not read");
    team_.submit({&shard, free_results_.back(), labels_only});
    free_results_.pop_back();
    return true;
  }

  bool answer() {
    if (!failed_.empty() && !free_results_.empty()) {
      Result& result = *free_results_.back();
      free_results_.pop_back();
      result.reset_failed(failed_.back(), failure_);
      failed_.pop_back();
      send(result);
      return true;
    }
    const auto work = failure_.empty() ? team_.take_finished() : std::nullopt;
    if (!work) return false;
    pace_.done(0, work->shard->rows().count);
    std::erase(in_hand_, work->shard->rows());
    free_shards_.push_back(work->shard);
    send(*work->result);
    return true;
  }

  void send(Result& result) {
    --held_;
    sending_.push_back({&result});
    const auto bytes = result.bytes();
    check_mpi(MPI_Isend(bytes.data(), mpi_count(bytes.size()), MPI_BYTE, 0, result_tag, session_.communicator(),
                        &sending_.back().request),
              "MPI_Isend");
  }

  bool see_off_results() {
    bool moved = false;
    for (auto message = sending_.begin(); message != sending_.end();) {
      if (!completed(message->request)) {
        ++message;
        continue;
      }
      free_results_.push_back(message->result);
      message = sending_.erase(message);
      moved = true;
    }
    return moved;
  }

  const MpiSession& session_;
  const Job& job_;
  const ShardSharing* sharing_;
  ShardHeader header_;  // being received
  MPI_Request header_request_ = MPI_REQUEST_NULL;
  std::optional<ShardKind> ending_;  // how the root's last message was
  std::deque<Receiving> receiving_;
  Clock::time_point receiving_since_;
  double receiving_seconds_ = 0.0;
  std::list<Sending> sending_;
  std::deque<Shard*> ready_;       // to be computed
  std::vector<RowRange> in_hand_;  // being read or computed
  std::vector<RowRange> failed_;   // to be answered so
  int held_ = 0;                   // shards that are not answered
  Pace pace_{1};                   // of this rank
  std::string failure_;            // why; empty as long as all is well

  std::array<Shard, shards_in_flight> shards_;
  std::array<Result, shards_in_flight> results_;
  std::array<Result, shards_in_flight> failed_results_;
  std::vector<Shard*> free_shards_;
  std::vector<Result*> free_results_;
  Signal events_;
  LastResort last_resort_;
  ComputeTeam team_;
  std::optional<IoThread> io_;
};

}  // namespace

RankOutcome run_worker(const MpiSession& session, const Job& job, const RankTools& tools) {
  return WorkerLoop(session, job, tools).run();
}

}  // namespace tally::pipeline

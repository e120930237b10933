#include <algorithm>
#include <array>
#include <deque>
#include <exception>
#include <memory>
#include <optional>

#include "pipeline/coverage.hpp"
#include "pipeline/failure_text.hpp"
#include "pipeline/root_messages.hpp"
#include "pipeline/scatter.hpp"
#include "pipeline/tags.hpp"

namespace tally::pipeline {
namespace {

/// How long the root waits for ranks to take the message that the job has failed.
constexpr double farewell_seconds = 30.0;
/// How often, within the patience of a rank, it hears of the root while there is nothing for it to do.
constexpr double heartbeats = 10.0;

class RootLoop {
 public:
  RootLoop(const MpiSession& session, const Job& job, const RankTools& tools, const ResultSink& sink)
      : session_(session),
        job_(job),
        plan_(job.shards),
        sender_(session),
        receiver_(session),
        ranks_(static_cast<std::size_t>(session.size())),
        shards_(static_cast<std::size_t>(job.memory.root_shards)),
        results_(shards_.size()),
        tools_(tools),
        sink_(sink),
        last_resort_{tools.give_up, job.stall_seconds} {
    share_memory(tools.sharing);
    for (Shard& shard : shards_) free_shards_.push_back(&shard);
    for (Shard& shard : own_shards_) free_own_shards_.push_back(&shard);
    for (Result& result : results_) free_results_.push_back(&result);
    outcome_.shards_per_rank.assign(ranks_.size(), 0);
    outcome_.rows_per_rank.assign(ranks_.size(), 0);
    // Each rank wants a first shard before any gets a second one; the others first, so that they compute meanwhile.
    for (int round = 0; round < shards_in_flight; ++round) {
      for (int rank = 1; rank < session.size(); ++rank) hungry_.push_back(rank);
      hungry_.push_back(0);
    }
    next_rows_ = plan_.next();
  }

  RootOutcome run() {
    try {
      start_threads();
      outcome_.first_read = Clock::now();
      evaluate_all();
      team_->end();
      const RowRange rows = job_.shards.rows;
      if (!coverage_.tiles(rows)) {
        throw Error("internal error: " + std::to_string(coverage_.rows()) + " rows came back of " +
                    std::to_string(rows.count));
      }
    } catch (const StallError& stall) {
      last_resort_.why = stall.what();
      last_resort_.patience_seconds = std::min(5.0, job_.stall_seconds);  // after all the time that it had
      throw StrandedError(stall.what());  // who does not return rows takes no farewell either
    } catch (const std::exception& failure) {
      last_resort_.why = failure_text(failure);
      give_up();
      throw;
    }
    try {
      dismiss(ShardKind::done, job_.stall_seconds);
    } catch (const Error& failure) {
      throw StrandedError(failure.what());
    }
    outcome_.bytes_sent = sender_.bytes();
    outcome_.rank = {true, team_->counts(), rank_times(io_->times(), *team_, sender_.seconds())};
    return outcome_;
  }

 private:
  using Clock = std::chrono::steady_clock;

  /// Not before run(): where that fails, the other ranks have to be told.
  void start_threads() {
    team_.emplace(job_, tools_.network, tools_.threads, plain_of(tools_), events_, last_resort_, tools_.hook);
    io_.emplace(*tools_.source, sink_, events_, last_resort_);
    team_->wait_ready();
    if (!reads_own()) return;
    own_wanted_ = static_cast<int>(std::erase(hungry_, 0));
  }

  struct InFlight {
    RowRange rows;
    Shard* lent = nullptr;  // that the rank reads in the root's memory
  };

  /// A rank as the root sees it.
  struct Rank {
    std::vector<InFlight> in_flight;  // sent, their results not yet here
    bool sees_memory = false;
  };

  void share_memory(const ShardSharing* sharing) {
    if (sharing == nullptr || !sharing->memory) return;
    const auto room = static_cast<std::size_t>(payload_room(job_.memory));
    const std::span<std::byte> memory = sharing->memory->bytes();
    for (std::size_t i = 0; i < shards_.size() && (i + 1) * room <= memory.size(); ++i) {
      shards_[i].use_shared(memory.subspan(i * room, room), static_cast<Index>(i * room));
    }
    for (std::size_t rank = 0; rank < ranks_.size(); ++rank) ranks_[rank].sees_memory = sharing->ranks[rank];
  }

  /// The rank is done with these rows. Whether it had them.
  bool take_back(int rank, const RowRange& rows) {
    std::vector<InFlight>& in_flight = ranks_[static_cast<std::size_t>(rank)].in_flight;
    const auto found =
        std::find_if(in_flight.begin(), in_flight.end(), [&](const InFlight& one) { return one.rows == rows; });
    if (found == in_flight.end()) return false;
    if (found->lent != nullptr) free_shards_.push_back(found->lent);
    in_flight.erase(found);
    return true;
  }

  void evaluate_all() {
    Patience patience(job_.stall_seconds);
    while (!ended()) {
      const std::uint64_t seen = events_.count();
      if (move()) {
        patience.moved();
      } else {
        set_sleep(patience);
        patience.idle(events_, seen, [this] { return who_is_awaited(); });
      }
    }
  }

  /// Events of this rank end every sleep; messages have to be looked for. While the own threads have work, a rank that
  /// asks for more can wait a little: it, too, still has a shard.
  void set_sleep(Patience& patience) const {
    using std::chrono::microseconds;
    const bool transfer = !sender_.idle() || !receiver_.idle();
    if (session_.size() == 1) {
      patience.set_sleep(microseconds(200'000), microseconds(200'000));
    } else if (ranks_[0].in_flight.empty()) {
      patience.set_sleep(microseconds(20), microseconds(transfer ? 100 : 1000));
    } else {
      patience.set_sleep(microseconds(100), microseconds(transfer ? 200 : 1000));
    }
  }

  bool ended() const {
    return !next_rows_ && reading_ == 0 && ready_.empty() && own_ready_.empty() && shards_out_ == 0 && writing_ == 0 &&
           sender_.idle();
  }

  /// Whatever can be done without waiting. Whether anything could.
  bool move() {
    io_->check();
    team_->check();
    bool moved = receive_results();
    moved = sender_.poll([this](Shard& shard) { free_shards_.push_back(&shard); }) || moved;
    moved = take_read() || moved;
    moved = take_own_results() || moved;
    moved = take_written() || moved;
    moved = hand_out() || moved;
    moved = read_ahead() || moved;
    if (session_.size() > 1) say_alive();
    return moved;
  }

  bool receive_results() {
    if (session_.size() == 1) return false;
    while (!free_results_.empty() && receiver_.probe()) {
      receiver_.receive(*free_results_.back());
      free_results_.pop_back();
    }
    return receiver_.poll([this](int rank, Result& result) {
      result.received(job_);
      if (!take_back(rank, result.rows())) {
        std::vector<InFlight>& in_flight = ranks_[static_cast<std::size_t>(rank)].in_flight;
        if (!in_flight.empty()) in_flight.pop_back();  // it was the answer to something
        throw Error("internal error: rank " + std::to_string(rank) + " returned rows that it was not given");
      }
      if (result.failed()) throw Error("rank " + std::to_string(rank) + ": " + result.error());
      came_back(rank, result);
    });
  }

  bool take_own_results() {
    bool moved = false;
    while (const auto work = team_->take_finished()) {
      (is_own(work->shard) ? free_own_shards_ : free_shards_).push_back(work->shard);
      take_back(0, work->shard->rows());
      came_back(0, *work->result);
      moved = true;
    }
    return moved;
  }

  void came_back(int rank, Result& result) {
    coverage_.add(result.rows());
    --shards_out_;
    if (rank > 0) {
      hungry_.push_back(rank);
    } else {
      want_own();
    }
    if (job_.predictions) {
      io_->write(result);
      ++writing_;
    } else {
      free_results_.push_back(&result);
    }
  }

  bool take_written() {
    bool moved = false;
    while (Result* const result = io_->take_written()) {
      free_results_.push_back(result);
      --writing_;
      moved = true;
    }
    return moved;
  }

  /// Whether the root's threads compute what they, or the IoThread for them alone, read; and not what is read ahead
  /// for whoever comes first.
  bool reads_own() const { return job_.ranks_read || team_->reads(); }
  bool is_own(const Shard* shard) const {
    return std::any_of(own_shards_.begin(), own_shards_.end(), [=](const Shard& own) { return &own == shard; });
  }

  void want_own() {
    if (reads_own()) {
      ++own_wanted_;
    } else {
      hungry_.push_back(0);
    }
  }

  bool take_read() {
    bool moved = false;
    while (Shard* const shard = io_->take_read()) {
      (is_own(shard) ? own_ready_ : ready_).push_back(shard);
      --reading_;
      moved = true;
    }
    return moved;
  }

  bool read_ahead() {
    bool moved = false;
    for (; next_rows_ && own_wanted_ > 0 && !free_own_shards_.empty(); --own_wanted_) {
      if (team_->reads() && !ranks_[0].in_flight.empty()) extend_next_rows();  // the threads begin without the others
      give_to(0, *next_rows_);
      order_read(free_own_shards_, team_->reads());
      moved = true;
    }
    // Where the root's threads read for themselves, one ahead for each other rank and one more are enough.
    const std::size_t most = reads_own() ? ranks_.size() : shards_.size();
    const auto ahead = [this] { return ready_.size() + static_cast<std::size_t>(reading_); };
    if (job_.ranks_read || most == 1) return moved;
    while (next_rows_ && !free_shards_.empty() && ahead() < most) {
      order_read(free_shards_, false);
      moved = true;
    }
    return moved;
  }

  /// Where threads read for themselves, they are given several shards at once, as long as enough are left for all.
  void extend_next_rows() {
    const Index fair = plan_.rows_left() / (shards_in_flight * std::ssize(ranks_) * 4);
    const Index most = std::min(fair, job_.memory.own_shards * job_.memory.shard_rows);
    while (plan_.rows_left() > 0 && next_rows_->count + plan_.largest() <= most)
      next_rows_->count += plan_.next()->count;
  }

  void order_read(std::vector<Shard*>& free, bool labels_only) {
    io_->read(*free.back(), *next_rows_, labels_only);
    free.pop_back();
    ++reading_;
    next_rows_ = plan_.next();
  }

  /// Gives shards to the ranks that want one, in the order in which they asked.
  bool hand_out() {
    bool moved = false;
    while (!own_ready_.empty() && compute_here(own_ready_)) moved = true;
    if (job_.ranks_read) return hand_out_ranges() || moved;
    for (auto rank = hungry_.begin(); !ready_.empty() && rank != hungry_.end();) {
      Shard& shard = *ready_.front();
      if (*rank == 0 && !compute_here(ready_)) {
        ++rank;  // its results are still being written; others need not wait for that
        continue;
      }
      if (*rank == 0) {
        give_to(0, shard.rows());
      } else {
        send(*rank, shard);
        ready_.pop_front();
      }
      rank = hungry_.erase(rank);
      moved = true;
    }
    // At the end, what was read for others and is wanted by none.
    while (!next_rows_ && own_wanted_ > 0 && !ready_.empty() && !free_results_.empty()) {
      give_to(0, ready_.front()->rows());
      compute_here(ready_);
      --own_wanted_;
      moved = true;
    }
    return moved;
  }

  void send(int rank, Shard& shard) {
    shard.pack_labels();
    const bool lent = shard.shared() && ranks_[static_cast<std::size_t>(rank)].sees_memory;
    ShardHeader header = shard.header();
    if (!lent) header.shared_at = -1;
    sender_.send(rank, header, lent ? nullptr : &shard);
    give_to(rank, shard.rows(), lent ? &shard : nullptr);
  }

  /// The same where ranks read.
  bool hand_out_ranges() {
    bool moved = false;
    for (; next_rows_ && !hungry_.empty() && !own_turn(hungry_.front()); hungry_.pop_front()) {
      sender_.send(hungry_.front(), {ShardKind::rows, next_rows_->first, next_rows_->count}, nullptr);
      give_to(hungry_.front(), *next_rows_);
      next_rows_ = plan_.next();
      moved = true;
    }
    return moved;
  }

  /// Whether the root has less to do than this rank, and should come first.
  bool own_turn(int rank) const {
    const std::size_t others = ranks_[static_cast<std::size_t>(rank)].in_flight.size();
    return own_wanted_ > 0 && !free_own_shards_.empty() && ranks_[0].in_flight.size() < others;
  }

  bool compute_here(std::deque<Shard*>& ready) {
    if (ready.empty() || free_results_.empty()) return false;
    team_->submit({ready.front(), free_results_.back(), is_own(ready.front()) && team_->reads()});
    ready.pop_front();
    free_results_.pop_back();
    return true;
  }

  void give_to(int rank, const RowRange& rows, Shard* lent = nullptr) {
    ranks_[static_cast<std::size_t>(rank)].in_flight.push_back({rows, lent});
    ++shards_out_;
    ++outcome_.shards_per_rank[static_cast<std::size_t>(rank)];
    outcome_.rows_per_rank[static_cast<std::size_t>(rank)] += rows.count;
  }

  /// Ranks without a shard hear that the root is still there.
  void say_alive() {
    const auto now = Clock::now();
    if (std::chrono::duration<double>(now - last_sign_).count() < job_.stall_seconds / heartbeats) return;
    last_sign_ = now;
    for (std::size_t rank = 1; rank < ranks_.size(); ++rank) {
      if (ranks_[rank].in_flight.empty()) sender_.send(static_cast<int>(rank), {ShardKind::wait}, nullptr);
    }
  }

  std::string who_is_awaited() const {
    for (std::size_t rank = 0; rank < ranks_.size(); ++rank) {
      if (ranks_[rank].in_flight.empty() || (rank == 0 && ranks_.size() > 1)) continue;
      const RowRange rows = ranks_[rank].in_flight.front().rows;
      return "rank " + std::to_string(rank) + " does not return rows [" + std::to_string(rows.first) + ", " +
             std::to_string(rows.end()) + ")";
    }
    return reading_ > 0 ? "the data are not read" : writing_ > 0 ? "the results are not written" : "nothing to do";
  }

  /// Sends every rank its last message, and sees off those before it.
  void dismiss(ShardKind kind, double seconds) {
    for (int rank = 1; rank < session_.size(); ++rank) sender_.send(rank, {kind}, nullptr);
    Patience patience(seconds);
    while (!sender_.idle()) {
      if (sender_.poll([](Shard&) {})) {
        patience.moved();
      } else {
        patience.idle([] { return std::string("waiting for a rank to take its last message"); });
      }
    }
  }

  /// The job has failed: lets the ranks finish what they hold, then tells them.
  void give_up() {
    try {
      const auto awaited = [this] {
        return std::any_of(ranks_.begin() + 1, ranks_.end(), [](const Rank& rank) { return !rank.in_flight.empty(); });
      };
      Patience patience(std::min(farewell_seconds, job_.stall_seconds));
      while (awaited() || !sender_.idle()) {
        if (drain()) {
          patience.moved();
        } else {
          patience.idle([this] { return who_is_awaited(); });
        }
      }
      dismiss(ShardKind::failed, farewell_seconds);
    } catch (const std::exception&) {
      throw StrandedError(last_resort_.why);
    }
  }

  /// What still comes back no longer matters.
  bool drain() {
    const bool sent = sender_.poll([](Shard&) {});
    while (!free_drained_.empty() && receiver_.probe()) {
      receiver_.receive(*free_drained_.back());
      free_drained_.pop_back();
    }
    const bool received = receiver_.poll([this](int rank, Result& result) {
      free_drained_.push_back(&result);
      std::vector<InFlight>& in_flight = ranks_[static_cast<std::size_t>(rank)].in_flight;
      if (!in_flight.empty()) in_flight.pop_back();
    });
    return sent || received;
  }

  const MpiSession& session_;
  const Job& job_;
  ShardPlan plan_;
  std::optional<RowRange> next_rows_;  // to be read or handed out; nothing at the end
  ShardSender sender_;
  ResultReceiver receiver_;
  std::vector<Rank> ranks_;
  std::deque<int> hungry_;         // ranks that want a shard, once for each
  std::array<Result, 2> drained_;  // after a failure
  std::vector<Result*> free_drained_ = {&drained_[0], &drained_[1]};
  Coverage coverage_;
  RootOutcome outcome_;
  int shards_out_ = 0;  // at ranks, the root included
  int reading_ = 0;     // shards at the IoThread
  int writing_ = 0;     // results there
  Clock::time_point last_sign_ = Clock::now();

  std::vector<Shard> shards_;
  std::vector<Result> results_;
  std::vector<Shard*> free_shards_;  // the one used last is taken first: its memory is in the cache
  std::vector<Result*> free_results_;
  std::deque<Shard*> ready_;                        // read, for whoever comes first
  std::array<Shard, shards_in_flight> own_shards_;  // where the root reads its own
  std::vector<Shard*> free_own_shards_;
  std::deque<Shard*> own_ready_;
  int own_wanted_ = 0;
  Signal events_;
  const RankTools& tools_;
  const ResultSink& sink_;
  LastResort last_resort_;
  std::optional<ComputeTeam> team_;
  std::optional<IoThread> io_;
};

}  // namespace

RootOutcome run_root(const MpiSession& session, const Job& job, const RankTools& tools, const ResultSink& sink) {
  return RootLoop(session, job, tools, sink).run();
}

}  // namespace tally::pipeline

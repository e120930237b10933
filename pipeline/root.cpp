#include <algorithm>
#include <array>
#include <deque>
#include <exception>
#include <memory>
#include <optional>

#include "pipeline/coverage.hpp"
#include "pipeline/failure_text.hpp"
#include "pipeline/pace.hpp"
#include "pipeline/rank_table.hpp"
#include "pipeline/root_farewell.hpp"
#include "pipeline/root_messages.hpp"
#include "pipeline/scatter.hpp"
#include "pipeline/tags.hpp"

namespace tally::pipeline {
namespace {

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
        table_(session.size()),
        pace_(session.size()),
        sees_memory_(static_cast<std::size_t>(session.size())),
        reads_(static_cast<std::size_t>(session.size()), job.ranks_read),
        shards_(static_cast<std::size_t>(job.memory.root_shards)),
        results_(shards_.size()),
        tools_(tools),
        sink_(sink),
        last_resort_{tools.give_up, job.stall_seconds} {
    share_memory(tools.sharing);
    for (Shard& shard : shards_) free_shards_.push_back(&shard);
    for (Shard& shard : own_shards_) free_own_shards_.push_back(&shard);
    for (Result& result : results_) free_results_.push_back(&result);
    for (std::size_t rank = 0; rank < tools.readers.size(); ++rank) reads_[rank] = reads_[rank] || tools.readers[rank];
    fed_ranks_ = static_cast<std::size_t>(std::count(reads_.begin() + 1, reads_.end(), false));
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
      dismiss_all_failed();
      throw;
    }
    try {
      dismiss(session_, sender_, ShardKind::done, job_.stall_seconds);
    } catch (const Error& failure) {
      throw StrandedError(failure.what());
    }
    outcome_.bytes_sent = sender_.bytes();
    outcome_.shards_per_rank = table_.shards_given();
    outcome_.rows_per_rank = table_.rows_given();
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

  void dismiss_all_failed() {
    try {
      dismiss_failed(session_, sender_, receiver_, table_, job_.stall_seconds);
    } catch (const std::exception&) {
      throw StrandedError(last_resort_.why);
    }
  }

  void share_memory(const ShardSharing* sharing) {
    if (sharing == nullptr || !sharing->memory) return;
    const auto room = static_cast<std::size_t>(payload_room(job_.memory));
    const std::span<std::byte> memory = sharing->memory->bytes();
    for (std::size_t i = 0; i < shards_.size() && (i + 1) * room <= memory.size(); ++i) {
      shards_[i].use_shared(memory.subspan(i * room, room), static_cast<Index>(i * room));
    }
    sees_memory_ = sharing->ranks;
  }

  /// The rank is done with these rows. Whether it had them.
  bool take_back(int rank, const RowRange& rows) {
    const std::optional<HeldRows> held = table_.take_back(rank, rows);
    if (held && held->lent != nullptr) free_shards_.push_back(held->lent);
    return held.has_value();
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
    } else if (table_.held_by(0) == 0) {
      patience.set_sleep(microseconds(20), microseconds(transfer ? 100 : 1000));
    } else {
      const bool ending = !next_rows_ && ready_.empty();
      patience.set_sleep(microseconds(100), transfer ? microseconds(200) : ending ? Pace::shortest : pace_.sleep());
    }
  }

  bool ended() const {
    return !next_rows_ && reading_ == 0 && ready_.empty() && own_ready_.empty() && !table_.any_held() &&
           writing_ == 0 && sender_.idle();
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
        table_.forget_one(rank);
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
    pace_.done(rank);
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
      if (team_->reads() && table_.held_by(0) > 0) extend_next_rows();  // the threads begin without the others
      table_.give(0, *next_rows_);
      order_read(free_own_shards_, team_->reads());
      moved = true;
    }
    // Where the root's threads read for themselves, one ahead for each other rank and one more are enough.
    const std::size_t most = reads_own() ? fed_ranks_ + 1 : shards_.size();
    const auto ahead = [this] { return ready_.size() + static_cast<std::size_t>(reading_); };
    if (reads_own() && fed_ranks_ == 0) return moved;
    while (next_rows_ && !free_shards_.empty() && ahead() < most) {
      order_read(free_shards_, false);
      moved = true;
    }
    return moved;
  }

  /// Where threads read for themselves, they are given several shards at once, as long as enough are left for all.
  void extend_next_rows() {
    const Index fair = plan_.rows_left() / (Index{shards_in_flight} * table_.ranks() * 4);
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

  /// Gives rows to the ranks that want some, in the order in which they asked.
  bool hand_out() {
    bool moved = false;
    while (!own_ready_.empty() && compute_here(own_ready_)) moved = true;
    // Some may have to wait, because the root's turn comes first, or its results are still being written; others
    // need not wait for that.
    for (auto rank = hungry_.begin(); (next_rows_ || !ready_.empty()) && rank != hungry_.end();) {
      if (feed(*rank)) {
        rank = hungry_.erase(rank);
        moved = true;
      } else {
        ++rank;
      }
    }
    // At the end, what was read for others and is wanted by none.
    while (!next_rows_ && own_wanted_ > 0 && !ready_.empty() && !free_results_.empty()) {
      table_.give(0, ready_.front()->rows());
      compute_here(ready_);
      --own_wanted_;
      moved = true;
    }
    return moved;
  }

  /// Whether there was something for this rank.
  bool feed(int rank) {
    if (rank > 0 && reads_[static_cast<std::size_t>(rank)] && next_rows_) return send_range(rank);
    if (ready_.empty()) return false;
    Shard& shard = *ready_.front();
    if (rank == 0) {
      if (!compute_here(ready_)) return false;
      table_.give(0, shard.rows());
    } else {
      ready_.pop_front();
      send(rank, shard);
    }
    return true;
  }

  void send(int rank, Shard& shard) {
    shard.pack_labels();
    const bool lent = shard.shared() && sees_memory_[static_cast<std::size_t>(rank)];
    ShardHeader header = shard.header();
    if (!lent) header.shared_at = -1;
    sender_.send(rank, header, lent ? nullptr : &shard);
    table_.give(rank, shard.rows(), lent ? &shard : nullptr);
  }

  /// The next rows to a rank that reads for itself, unless the root should come first.
  bool send_range(int rank) {
    if (own_turn(rank)) return false;
    if (team_->reads() && !job_.ranks_read && table_.held_by(rank) > 0) extend_next_rows();
    sender_.send(rank, {ShardKind::range, next_rows_->first, next_rows_->count}, nullptr);
    table_.give(rank, *next_rows_);
    next_rows_ = plan_.next();
    return true;
  }

  /// Whether the root has less to do than this rank.
  bool own_turn(int rank) const {
    return own_wanted_ > 0 && !free_own_shards_.empty() && table_.held_by(0) < table_.held_by(rank);
  }

  bool compute_here(std::deque<Shard*>& ready) {
    if (ready.empty() || free_results_.empty()) return false;
    team_->submit({ready.front(), free_results_.back(), is_own(ready.front()) && team_->reads()});
    ready.pop_front();
    free_results_.pop_back();
    return true;
  }

  /// Ranks without a shard hear that the root is still there.
  void say_alive() {
    const auto now = Clock::now();
    if (std::chrono::duration<double>(now - last_sign_).count() < job_.stall_seconds / heartbeats) return;
    last_sign_ = now;
    for (int rank = 1; rank < table_.ranks(); ++rank) {
      if (table_.held_by(rank) == 0) sender_.send(rank, {ShardKind::wait}, nullptr);
    }
  }

  std::string who_is_awaited() const {
    if (std::string rank = table_.overdue(); !rank.empty()) return rank;
    if (reading_ > 0) return "the data are not read";
    if (writing_ > 0) return "the results are not written";
    return table_.any_held() ? "rank 0 does not end its rows" : "nothing to do";
  }

  const MpiSession& session_;
  const Job& job_;
  ShardPlan plan_;
  std::optional<RowRange> next_rows_;  // to be read or handed out; nothing at the end
  ShardSender sender_;
  ResultReceiver receiver_;
  RankTable table_;
  Pace pace_;
  std::vector<bool> sees_memory_;  // by rank
  std::vector<bool> reads_;        // by rank: for itself
  std::size_t fed_ranks_ = 0;      // other ranks, that do not
  std::deque<int> hungry_;         // ranks that want rows, once for each shard or range of them
  Coverage coverage_;
  RootOutcome outcome_;
  int reading_ = 0;  // shards at the IoThread
  int writing_ = 0;  // results there
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

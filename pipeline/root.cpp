#include <algorithm>
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
        readers_(tools.readers.empty() ? std::vector<bool>(static_cast<std::size_t>(session.size())) : tools.readers),
        shards_(static_cast<std::size_t>(job.memory.root_shards)),
        results_(shards_.size()),
        own_rows_(shards_in_flight *
                  (1 + static_cast<std::size_t>(std::count(readers_.begin(), readers_.end(), true)))),
        tools_(tools),
        sink_(sink),
        last_resort_{tools.give_up, job.stall_seconds} {
    share_memory(tools.sharing);
    for (Shard& shard : shards_) free_shards_.push_back(&shard);
    for (OwnRows& rows : own_rows_) free_own_rows_.push_back(&rows);
    for (Result& result : results_) free_results_.push_back(&result);
    const auto reading = std::count(readers_.begin(), readers_.end(), true);
    fed_ranks_ = job.ranks_read ? 0 : static_cast<std::size_t>(session.size() - 1 - reading);
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
  }

  void dismiss_all_failed() {
    try {
      dismiss_failed(session_, sender_, receiver_, table_, job_.stall_seconds);
    } catch (const std::exception&) {
      throw StrandedError(last_resort_.why);
    }
  }

  /// Rows of a rank whose threads read them, and so with their labels alone; or those that the root reads for itself
  /// where every rank does.
  struct OwnRows {
    Shard shard;
    int rank = 0;
  };

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
      // What is sent to a rank that does not read takes its time; it should begin at once.
      const bool soon = (!next_rows_ && ready_.empty()) || fed_ranks_ > 0;
      patience.set_sleep(microseconds(100), transfer ? microseconds(200) : soon ? Pace::shortest : pace_.sleep());
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
    moved = sender_.poll([this](Shard& shard) { release(shard); }) || moved;
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
      release(*work->shard);
      take_back(0, work->shard->rows());
      came_back(0, *work->result);
      moved = true;
    }
    return moved;
  }

  void came_back(int rank, Result& result) {
    coverage_.add(result.rows());
    pace_.done(rank, result.rows().count);
    hungry_.push_back(rank);
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

  OwnRows* own_rows_of(const Shard& shard) {
    const auto found = std::ranges::find_if(own_rows_, [&](const OwnRows& own) { return &own.shard == &shard; });
    return found == own_rows_.end() ? nullptr : &*found;
  }

  void release(Shard& shard) {
    if (OwnRows* const own = own_rows_of(shard)) {
      free_own_rows_.push_back(own);
    } else {
      free_shards_.push_back(&shard);
    }
  }

  bool take_read() {
    bool moved = false;
    while (Shard* const shard = io_->take_read()) {
      --reading_;
      const OwnRows* const own = own_rows_of(*shard);
      if (own == nullptr) {
        ready_.push_back(shard);
      } else if (own->rank == 0) {
        own_ready_.push_back(shard);
      } else {
        send_labels(own->rank, *shard);
      }
      moved = true;
    }
    return moved;
  }

  bool read_ahead() {
    // Where the root's threads read for themselves, one ahead for each rank that does not and one more are enough.
    const std::size_t most = reads_own() ? fed_ranks_ + 1 : shards_.size();
    if (reads_own() && fed_ranks_ == 0) return false;
    const auto ahead = [this] { return ready_.size() + static_cast<std::size_t>(reading_); };
    bool moved = false;
    for (; next_rows_ && !free_shards_.empty() && ahead() < most; moved = true) {
      Shard& shard = *free_shards_.back();
      free_shards_.pop_back();
      order_read(shard, false);
    }
    return moved;
  }

  /// Where threads read for themselves, they are given several shards at once, as long as enough are left for all: as
  /// many rows as take every rank the same time. The first time one is enough, so that they begin.
  void extend_next_rows(int rank) {
    if (table_.held_by(rank) == 0) return;
    const Index fair = plan_.rows_left() / (Index{shards_in_flight} * table_.ranks() * 4);
    const auto share = static_cast<Index>(static_cast<double>(fair) * pace_.speed(rank));
    const Index most = std::min({share, job_.memory.own_shards * job_.memory.shard_rows, rows_soon_done(job_.shards)});
    while (plan_.rows_left() > 0 && next_rows_->count + plan_.largest() <= most)
      next_rows_->count += plan_.next()->count;
  }

  void order_read(Shard& shard, bool labels_only) {
    io_->read(shard, *next_rows_, labels_only);
    ++reading_;
    next_rows_ = plan_.next();
  }

  /// Gives rows to the ranks that want some, in the order in which they asked.
  bool hand_out() {
    bool moved = false;
    while (!own_ready_.empty() && compute_here(own_ready_)) moved = true;
    // One may have to wait, for a buffer or because its results are still being written; others need not.
    for (auto rank = hungry_.begin(); has_rows() && rank != hungry_.end();) {
      if (feed(*rank)) {
        rank = hungry_.erase(rank);
        moved = true;
      } else {
        ++rank;
      }
    }
    return moved;
  }

  /// Whether there may be something for some rank.
  bool has_rows() const { return !ready_.empty() || (next_rows_ && (job_.ranks_read || !free_own_rows_.empty())); }

  /// Whether there was something for this rank.
  bool feed(int rank) {
    if (next_rows_ && rank > 0 && job_.ranks_read) {
      send_range(rank);
      return true;
    }
    const bool own = rank == 0 ? reads_own() : readers_[static_cast<std::size_t>(rank)];
    if (next_rows_ && own) return order_own(rank);
    // What was read for whoever comes first; at the end for anyone.
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

  /// The next rows for a rank whose threads read them, as soon as their labels are here; or for the root alone.
  bool order_own(int rank) {
    if (free_own_rows_.empty()) return false;
    OwnRows& own = *free_own_rows_.back();
    free_own_rows_.pop_back();
    own.rank = rank;
    if (team_->reads()) extend_next_rows(rank);
    if (rank == 0) table_.give(0, *next_rows_);  // others have theirs when the labels are sent
    order_read(own.shard, team_->reads());
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

  /// Labels of rows that the rank reads.
  void send_labels(int rank, Shard& shard) {
    shard.pack_labels();
    ShardHeader header = shard.header();
    header.kind = ShardKind::range;
    header.shared_at = -1;
    sender_.send(rank, header, &shard);
    table_.give(rank, shard.rows());
  }

  /// The next rows to a rank that reads them and their labels.
  void send_range(int rank) {
    sender_.send(rank, {ShardKind::range, next_rows_->first, next_rows_->count}, nullptr);
    table_.give(rank, *next_rows_);
    next_rows_ = plan_.next();
  }

  bool compute_here(std::deque<Shard*>& ready) {
    if (ready.empty() || free_results_.empty()) return false;
    team_->submit({ready.front(), free_results_.back(), ready.front()->body().empty()});
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
    if (reading_ > 0) return "the data are not read";
    if (writing_ > 0) return "the results are not written";
    if (std::string rank = table_.overdue(); !rank.empty()) return rank;
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
  std::vector<bool> readers_;      // by rank: reads rows that it is sent the labels of
  std::size_t fed_ranks_ = 0;      // other ranks, that do not read
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
  std::deque<Shard*> ready_;  // read, for whoever comes first
  std::vector<OwnRows> own_rows_;
  std::vector<OwnRows*> free_own_rows_;
  std::deque<Shard*> own_ready_;  // for the root
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

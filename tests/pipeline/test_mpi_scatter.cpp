// Root and workers together: every row once, at any number of ranks, and an end to every failure.
#include <gmock/gmock.h>
#include <sys/resource.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdlib>
#include <memory>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "kernels/stopwatch.hpp"
#include "pipeline/broadcast.hpp"
#include "pipeline/cpu_time.hpp"
#include "pipeline/scatter.hpp"
#include "pipeline/shard_transfer.hpp"
#include "pipeline/tags.hpp"
#include "tests/pipeline/made_shards.hpp"
#include "tests/pipeline/mpi_session.hpp"

namespace tally::pipeline {
namespace {

using testing::HasSubstr;

/// What one scatter left behind on this rank.
struct Traces {
  std::string error;      // root only
  bool finished = false;  // run_root returned, or run_worker said so
  RootOutcome outcome;    // root only
  Index source_shards = 0;
  std::vector<int> visits;  // root only: how often each row came back
  Counts counts;            // of all ranks; root only
};

/// A scatter over made-up shards; everything a test may want to change. Collective.
class Scatter {
 public:
  Scatter(const RowRange& rows, Index batch_size, Index buffer_bytes = Index{128} << 20)
      : job_(made_job(made_request(rows, batch_size, session().size()), test_stall_seconds, buffer_bytes)),
        source_(job_) {}

  Job& job() { return job_; }
  MadeShards& source() { return source_; }
  const io::PlainRows* plain() const { return plain_.get(); }
  /// Called on the root for each shard that came back, beside the checks.
  std::function<void()> on_result = [] {};
  /// Called on every rank for each shard that it has computed.
  ShardHook hook;
  /// All ranks but rank 2 read shards in the root's memory.
  bool shared = false;
  /// The rows lie plainly; the root and ranks 1, 3 ... read them, in pieces of 16, four shards at a time.
  void let_odd_ranks_read() {
    job_.predictions = job_.probabilities = false;
    job_.memory.piece_rows = 16;
    job_.memory.pieces = 3;
    job_.memory.own_shards = 4;
    plain_ = made_plain_rows(job_.shards.rows);
    if (session().root()) source_.use_plain(plain_.get());
  }

  Traces run() {
    Traces run;
    const bool reads = session().root() || job_.ranks_read;
    ShardSharing sharing;
    if (shared) share_shards(session(), shared_bytes(job_), session().rank() != 2, test_stall_seconds, sharing);
    RankTools tools{made_network(), 1, reads ? &source_ : nullptr, [](const std::string&) { std::abort(); }};
    tools.sharing = &sharing;
    tools.hook = hook;
    if (plain_) {
      for (int rank = 0; rank < session().size(); ++rank) tools.readers.push_back(rank % 2 == 1);
      if (session().rank() % 2 == 1) tools.plain = plain_.get();
    }
    Counts counts;
    if (session().root()) {
      run_here_as_root(tools, run);
      counts = run.outcome.rank.counts;
    } else {
      const RankOutcome outcome = run_worker(session(), job_, tools);
      run.finished = outcome.finished;
      counts = outcome.counts;
    }
    run.source_shards = source_.shards();
    const auto words = reduce_sum(session(), counts.to_words(), test_stall_seconds);
    if (session().root()) run.counts = Counts::from_words(words);
    return run;
  }

 private:
  void run_here_as_root(const RankTools& tools, Traces& run) {
    run.visits.assign(static_cast<std::size_t>(job_.shards.rows.count), 0);
    const ResultSink sink = [&](Result& result) {
      check_result(result, run.visits);
      on_result();
    };
    try {
      run.outcome = run_root(session(), job_, tools, sink);
      run.finished = true;
    } catch (const StrandedError& error) {
      ADD_FAILURE() << "stranded: " << error.what();
    } catch (const std::exception& error) {
      run.error = error.what();
    }
  }

  void check_result(Result& result, std::vector<int>& visits) const {
    const auto count = static_cast<std::size_t>(result.rows().count);
    ASSERT_EQ(result.labels().size(), count);
    ASSERT_EQ(result.predicted().size(), count);
    ASSERT_EQ(result.probabilities().size(), job_.probabilities ? 4 * count : 0U);
    for (std::size_t i = 0; i < count; ++i) {
      const Index row = result.rows().first + static_cast<Index>(i);
      ++visits.at(static_cast<std::size_t>(row - job_.shards.rows.first));
      EXPECT_EQ(result.labels()[i], made_label(row));
      EXPECT_EQ(result.predicted()[i], made_prediction(row));
      if (!job_.probabilities) continue;
      EXPECT_EQ(result.confidence()[i], result.probabilities()[4 * i + static_cast<std::size_t>(made_prediction(row))]);
    }
  }

  Job job_;
  MadeShards source_;
  std::unique_ptr<io::PlainRows> plain_;
};

Index count_correct(const RowRange& rows) {
  Index correct = 0;
  for (Index row = rows.first; row < rows.end(); ++row) correct += made_correct(row) ? 1 : 0;
  return correct;
}

/// -ln p of row's label, straight from the definition of the made model.
double made_loss(Index row) {
  const double x = made_input(row);
  const auto logit = [x](double k) { return 2.0 * k * x - k * k; };
  double sum = 0.0;
  for (int k = 0; k < 4; ++k) sum += std::exp(logit(k));
  return std::log(sum) - logit(static_cast<double>(made_label(row)));
}

void expect_every_row_once(Scatter& scatter, const Traces& run) {
  EXPECT_TRUE(run.finished) << run.error;
  if (!session().root()) return;
  const RowRange rows = scatter.job().shards.rows;
  if (scatter.job().predictions) {
    EXPECT_EQ(run.visits, std::vector<int>(static_cast<std::size_t>(rows.count), 1));
  }
  EXPECT_EQ(run.counts.samples, rows.count);
  EXPECT_EQ(run.counts.correct, count_correct(rows));
  EXPECT_EQ(run.counts.nonfinite, 0);
  double loss = 0.0;
  for (Index row = rows.first; row < rows.end(); ++row) loss += made_loss(row);
  // Each term is right to some eps of at most 16 (the largest logit), and n terms are added.
  const double n = static_cast<double>(rows.count);
  EXPECT_NEAR(run.counts.cross_entropy.value(), loss, n * (n + 16.0) * std::numeric_limits<double>::epsilon() * 16.0);
}

Index total(const std::vector<Index>& shards) { return std::accumulate(shards.begin(), shards.end(), Index{0}); }

/// Header and payload of each shard that left the root, and a last header for each rank. Alone, nothing is sent.
void expect_bytes_sent(Scatter& scatter, const Traces& run) {
  if (!session().root()) return;
  const std::vector<Index>& shards = run.outcome.shards_per_rank;
  ASSERT_EQ(shards.size(), static_cast<std::size_t>(session().size()));
  EXPECT_EQ(total(shards), ShardPlan(scatter.job().shards).shards());
  EXPECT_EQ(total(run.outcome.rows_per_rank), scatter.job().shards.rows.count);
  EXPECT_EQ(run.outcome.rows_per_rank[0], run.outcome.rank.counts.samples);
  const Index headers = (total(shards) - shards[0] + session().size() - 1) * static_cast<Index>(sizeof(ShardHeader));
  const Index rows_sent = scatter.job().shards.rows.count - run.outcome.rank.counts.samples;  // the root's own stay
  const Index payload = static_cast<Index>(run.outcome.bytes_sent) - headers;
  if (scatter.job().ranks_read) {
    EXPECT_EQ(payload, 0);
    return;
  }
  EXPECT_GE(payload, 3 * rows_sent);  // a label and two inputs
  EXPECT_LE(payload, 3 * rows_sent + 63 * (total(shards) - shards[0]));
}

struct Case {
  RowRange rows;
  Index batch;
};
const std::vector<Case>& cases() {
  static const std::vector<Case> all = {
      {{0, 1000}, 10}, {{0, 1000}, 1}, {{5, 997}, 7},  {{Index{1} << 40, 333}, 100}, {{0, 3}, 1},  {{0, 1}, 1},
      {{0, 2}, 100},   {{17, 0}, 100}, {{0, 5000}, 3}, {{0, 20000}, 1 << 20},        {{1, 64}, 5},
  };
  return all;
}

TEST(Scatter, EveryRowOnceWithItsOwnResults) {
  for (const Case& one : cases()) {
    SCOPED_TRACE(std::to_string(one.rows.count) + " rows, batch " + std::to_string(one.batch));
    Scatter scatter(one.rows, one.batch);
    const Traces run = scatter.run();
    expect_every_row_once(scatter, run);
    expect_bytes_sent(scatter, run);
    if (session().root()) {
      EXPECT_EQ(run.source_shards, ShardPlan(scatter.job().shards).shards());
    } else {
      EXPECT_EQ(run.source_shards, 0);
    }
  }
}

TEST(Scatter, EveryRowOnceInSharedMemory) {
  for (const Case& one : cases()) {
    for (const Index bytes : {Index{128} << 20, Index{100}}) {
      if (one.rows.count > 1000 && bytes == 100) continue;
      SCOPED_TRACE(std::to_string(one.rows.count) + " rows, batch " + std::to_string(one.batch));
      Scatter scatter(one.rows, one.batch, bytes);
      scatter.shared = true;
      const Traces run = scatter.run();
      expect_every_row_once(scatter, run);
      if (!session().root()) continue;
      const std::vector<Index>& shards = run.outcome.shards_per_rank;
      const Index headers =
          (total(shards) - shards[0] + session().size() - 1) * static_cast<Index>(sizeof(ShardHeader));
      if (session().size() <= 2) {
        EXPECT_EQ(static_cast<Index>(run.outcome.bytes_sent), headers);
      } else if (shards[2] > 0) {
        EXPECT_GT(static_cast<Index>(run.outcome.bytes_sent), headers) << "rank 2 was sent nothing";
      }
    }
  }
}

TEST(Scatter, EveryRowOnceWhereRanksRead) {
  for (const Case& one : cases()) {
    SCOPED_TRACE(std::to_string(one.rows.count) + " rows, batch " + std::to_string(one.batch));
    Scatter scatter(one.rows, one.batch);
    scatter.job().ranks_read = true;
    const Traces run = scatter.run();
    expect_every_row_once(scatter, run);
    expect_bytes_sent(scatter, run);
    const auto read = reduce_sum(session(), {run.source_shards}, test_stall_seconds);
    if (session().root()) {
      EXPECT_EQ(read.at(0), ShardPlan(scatter.job().shards).shards());
    }
  }
}

/// Ranks that read get labels, others whole shards; each row is read once, by whoever computes it or for a rank that
/// does not read.
TEST(Scatter, EveryRowOnceWhereSomeRanksReadPlainRows) {
  for (const Case& one : cases()) {
    for (const bool shared : {false, true}) {
      SCOPED_TRACE(std::to_string(one.rows.count) + " rows, batch " + std::to_string(one.batch));
      Scatter scatter(one.rows, one.batch);
      scatter.let_odd_ranks_read();
      scatter.shared = shared;
      const Traces run = scatter.run();
      expect_every_row_once(scatter, run);
      const Index plain_bytes = static_cast<Index>(scatter.plain()->bytes_read());
      EXPECT_TRUE(session().root() || session().rank() % 2 == 1 || plain_bytes == 0);
      const auto read = reduce_sum(session(), {plain_bytes}, test_stall_seconds);
      if (!session().root()) continue;
      const Index others = session().size() / 2;  // which read
      if (session().size() - 1 == others) {
        EXPECT_EQ(read.at(0), 2 * one.rows.count);
        EXPECT_EQ(run.source_shards, 0) << "read, though nobody is sent rows";
      }
      EXPECT_LE(read.at(0), 2 * one.rows.count);
    }
  }
}

TEST(Scatter, LabelsThatCannotBeReadEndAllRanks) {
  for (const Index after : {0, 1, 2, 5}) {
    Scatter scatter({0, 4000}, 1, 20 * 11);
    scatter.let_odd_ranks_read();
    scatter.source().fail_after(after);
    const Stopwatch watch;
    const Traces run = scatter.run();
    EXPECT_FALSE(run.finished);
    EXPECT_LT(watch.seconds(), test_stall_seconds) << "the root waits for rows that nobody has";
    if (session().root()) {
      EXPECT_EQ(run.error, "made.h5: cannot read on");
    }
  }
}

/// A rank that is slower by far is given fewer rows at a time, and so does not hold up the end.
TEST(Scatter, ASlowRankThatReadsPlainRowsGetsFewer) {
  if (session().size() == 1) return;
  Scatter scatter({0, 4000 * session().size()}, 1, 20 * 11);
  scatter.let_odd_ranks_read();
  std::atomic<Index> mine = 0;
  scatter.hook = [&mine](const RowRange& rows) {
    mine = std::max(mine.load(), rows.count);
    const auto each = std::chrono::microseconds(session().rank() == 1 ? 2000 : 100);
    std::this_thread::sleep_for(each * rows.count);
  };
  const Traces run = scatter.run();
  expect_every_row_once(scatter, run);
  if (session().root()) {
    const std::vector<Index>& rows = run.outcome.rows_per_rank;
    EXPECT_LT(rows[1], total(rows) / session().size() / 4);
  }
}

TEST(Scatter, EveryRowOnceWithMemoryForHardlyAnything) {
  for (const Index bytes : {1, 30, 100, 1000}) {
    for (const bool ranks_read : {false, true}) {
      SCOPED_TRACE(bytes);
      Scatter scatter({3, 300}, 100, bytes);
      scatter.job().ranks_read = ranks_read;
      expect_every_row_once(scatter, scatter.run());
    }
  }
}

TEST(Scatter, SendsOnlyWhatTheJobAsksFor) {
  for (const bool predictions : {false, true}) {
    for (const bool probabilities : {false, true}) {
      if (probabilities && !predictions) continue;
      Scatter scatter({0, 500}, 10);
      scatter.job().predictions = predictions;
      scatter.job().probabilities = probabilities;
      expect_every_row_once(scatter, scatter.run());
    }
  }
}

TEST(Scatter, TheCountsHaveTheSameBitsAtAnyNumberOfRanksAndBatch) {
  // What one thread counts without messages, computed by each root anew.
  std::vector<std::int64_t> expected;
  for (const Index batch : {1, 9, 100, 5000}) {
    Scatter scatter({3, 2500}, batch);
    const Traces run = scatter.run();
    EXPECT_TRUE(run.finished);
    if (!session().root()) continue;
    if (expected.empty()) {
      Shard whole;
      scatter.source().read(whole, {3, 2500});
      expected =
          evaluate_rows(made_network(), {whole.body().data(), StoredType::uint8, 2500, 2}, {}, whole.labels(), 1, {})
              .to_words();
    }
    EXPECT_EQ(Counts::from_words(expected).cross_entropy.value(), run.counts.cross_entropy.value());
    EXPECT_EQ(Counts::from_words(expected).correct, run.counts.correct);
    EXPECT_EQ(Counts::from_words(expected).samples, run.counts.samples);
  }
}

TEST(Scatter, EveryRankGetsItsFirstShardBeforeAnyGetsASecondOne) {
  for (const bool ranks_read : {false, true}) {
    Scatter scatter({0, session().size()}, 1, 33);  // a row a shard
    scatter.job().ranks_read = ranks_read;
    scatter.hook = [](const RowRange&) { std::this_thread::sleep_for(std::chrono::milliseconds(200)); };
    const Traces run = scatter.run();
    expect_every_row_once(scatter, run);
    if (session().root()) {
      EXPECT_EQ(run.outcome.rows_per_rank, std::vector<Index>(static_cast<std::size_t>(session().size()), 1));
    }
  }
}

/// Where rank r takes so long for a shard, ranks get shards in proportion to their speed, and so end together: none has
/// more than its share of the time that all of them need, but for the shards that were in flight when the rows ended.
TEST(Scatter, ASlowRankGetsFewerShardsAndHoldsUpNobody) {
  if (session().size() == 1) return;
  for (const bool ranks_read : {false, true}) {
    for (const int slow : {0, session().size() - 1}) {
      const auto milliseconds = [slow](int rank) { return rank == slow ? 12.0 : 3.0; };
      Scatter scatter({0, 200 * session().size()}, 1, 3 * 11);  // a row a shard
      scatter.job().ranks_read = ranks_read;
      scatter.hook = [&](const RowRange&) {
        std::this_thread::sleep_for(std::chrono::duration<double, std::milli>(milliseconds(session().rank())));
      };
      const Traces run = scatter.run();
      expect_every_row_once(scatter, run);
      if (!session().root()) continue;
      const std::vector<Index>& shards = run.outcome.shards_per_rank;
      double speed = 0.0;
      for (int rank = 0; rank < session().size(); ++rank) speed += 1.0 / milliseconds(rank);
      const double together = static_cast<double>(total(shards)) / speed;
      for (int rank = 0; rank < session().size(); ++rank) {
        const double alone = static_cast<double>(shards[static_cast<std::size_t>(rank)]) * milliseconds(rank);
        // Beside other programs sleeps are longer than they should be. Equal shares would be 2.5 times too many.
        EXPECT_LE(alone, 1.5 * together) << "rank " << rank << " got too many";
      }
      EXPECT_LT(2 * shards[static_cast<std::size_t>(slow)], shards[static_cast<std::size_t>(slow == 0 ? 1 : 0)]);
    }
  }
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + 1e-6 * static_cast<double>(time.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

TEST(Scatter, NobodySpinsWhileTheDiskIsSlow) {
  Scatter scatter({0, 50}, 1, 3 * 11);  // a row a shard
  scatter.source().slow_down(std::chrono::milliseconds(20));
  const double start = cpu_seconds();
  const Traces run = scatter.run();
  const double used = cpu_seconds() - start;
  expect_every_row_once(scatter, run);
  // A spinning thread would take all of the second.
  EXPECT_LT(used, 0.2);
}

/// Where all threads compute, the other ones of a rank take less than a twentieth of what these may use.
TEST(Scatter, RanksSpendTheirTimeComputing) {
  constexpr double shard_seconds = 0.01;
  for (const bool ranks_read : {false, true}) {
    Scatter scatter({0, 60 * session().size()}, 1, 3 * 11);  // a row a shard
    scatter.job().ranks_read = ranks_read;
    std::atomic<int> shards = 0;
    scatter.hook = [&shards](const RowRange&) {
      const double end = thread_cpu_seconds() + shard_seconds;
      while (thread_cpu_seconds() < end) continue;
      ++shards;
    };
    const double start = cpu_seconds();
    const Stopwatch watch;
    const Traces run = scatter.run();
    const double beside = cpu_seconds() - start - shards * shard_seconds;
    expect_every_row_once(scatter, run);
    if (!session().root()) {
      EXPECT_LT(beside, 0.05 * watch.seconds());
    }
  }
}

TEST(Scatter, AFailingSourceEndsAllRanks) {
  for (const Index after : {0, 1, 3, 7}) {
    SCOPED_TRACE(after);
    Scatter scatter({0, 800}, 1);                      // at least 8 shards a rank
    if (session().size() == 1 && after > 0) continue;  // alone, all rows are one shard
    scatter.source().fail_after(after);
    const Traces run = scatter.run();
    EXPECT_FALSE(run.finished);
    if (session().root()) {
      EXPECT_EQ(run.error, "made.h5: cannot read on");
      EXPECT_EQ(run.source_shards, after);
    }
  }
}

TEST(Scatter, ARankThatCannotReadIsNamedAndEndsAll) {
  for (int failing = 0; failing < session().size(); ++failing) {
    SCOPED_TRACE(failing);
    Scatter scatter({0, 800}, 1);
    scatter.job().ranks_read = true;
    if (session().rank() == failing) scatter.source().fail_after(0);
    const Traces run = scatter.run();
    EXPECT_FALSE(run.finished);
    if (session().root()) {
      EXPECT_EQ(run.error, (failing == 0 ? "" : "rank " + std::to_string(failing) + ": ") + "made.h5: cannot read on");
    }
  }
}

/// Fails at one rank's n-th shard.
ShardHook failing_after(bool fails, int after) {
  return [fails, left = std::make_shared<std::atomic<int>>(after)](const RowRange&) {
    if (fails && (*left)-- == 0) throw Error("out of everything");
  };
}

TEST(Scatter, AFailingRankIsNamedAndEndsAll) {
  for (int failing = 0; failing < session().size(); ++failing) {
    SCOPED_TRACE(failing);
    Scatter scatter({0, 800}, 1);
    // Its first shard, which every rank gets, root included.
    scatter.hook = failing_after(session().rank() == failing, 0);
    const Traces run = scatter.run();
    EXPECT_FALSE(run.finished);
    if (!session().root()) continue;
    EXPECT_EQ(run.error, (failing == 0 ? "" : "rank " + std::to_string(failing) + ": ") + "out of everything");
  }
}

TEST(Scatter, EveryRankMayFailAtOnce) {
  for (const bool ranks_read : {false, true, false}) {
    Scatter scatter({0, 800}, 1);
    scatter.shared = !ranks_read && session().size() % 2 == 0;
    scatter.job().ranks_read = ranks_read;
    scatter.hook = failing_after(true, session().rank() % 2);
    if (session().size() == 1) scatter.hook = failing_after(true, 0);
    const Traces run = scatter.run();
    EXPECT_FALSE(run.finished);
    if (session().root()) {
      EXPECT_THAT(run.error, HasSubstr("out of everything"));
    }
  }
}

TEST(Scatter, AFailingSinkEndsAllRanks) {
  for (const int after : {0, 2}) {
    if (session().size() == 1 && after > 0) continue;  // alone, all rows are one shard
    Scatter scatter({0, 800}, 1);
    int left = after;
    scatter.on_result = [&left] {
      if (left-- == 0) throw Error("disk full");
    };
    const Traces run = scatter.run();
    EXPECT_FALSE(run.finished);
    if (session().root()) {
      EXPECT_EQ(run.error, "disk full");
    }
  }
}

/// A rank that is still leaving one run must not take the first shard of the next.
TEST(Scatter, RunsMayFollowEachOtherAtOnce) {
  for (int i = 0; i < 50; ++i) {
    Scatter scatter({i, 40}, 1);
    scatter.job().ranks_read = i % 2 == 1;
    ASSERT_TRUE(scatter.run().finished);
  }
}

/// A rank that hears nothing for long, because others are busy, goes on waiting as long as the root is alive.
TEST(Scatter, ARankWithoutWorkWaitsForTheOthers) {
  Scatter scatter({0, 1}, 1);
  scatter.job().stall_seconds = session().root() ? 1.0 : 0.5;
  scatter.hook = [](const RowRange&) { std::this_thread::sleep_for(std::chrono::milliseconds(900)); };
  expect_every_row_once(scatter, scatter.run());
}

/// As the root would have, had it not lost its patience: takes the one result that is missing, and tells all to end.
void end_stranded_ranks() {
  std::vector<std::byte> result(4096);
  MPI_Request request = MPI_REQUEST_NULL;
  check_mpi(
      MPI_Irecv(result.data(), mpi_count(result.size()), MPI_BYTE, 1, result_tag, session().communicator(), &request),
      "MPI_Irecv");
  wait_for(request, test_stall_seconds, "a result");
  const ShardHeader failed{ShardKind::failed};
  std::vector<MPI_Request> requests;
  for (int rank = 1; rank < session().size(); ++rank) start_send(session(), rank, failed, nullptr, requests);
  for (MPI_Request& one : requests) wait_for(one, test_stall_seconds, "a farewell");
}

/// Nothing of this rank comes back for a while; the root has hardly any patience, and says so whoever else is idle.
TEST(Scatter, ARankThatHangsIsNoticedWhileOthersAreIdle) {
  if (session().size() < 2) return;
  Job job = made_job(made_request({0, session().size()}, 1, session().size()), session().root() ? 0.6 : 60.0);
  MadeShards source(job);
  std::string told;
  const RankTools tools{made_network(),
                        1,
                        session().root() ? &source : nullptr,
                        [&told](const std::string& why) { told = why; },
                        nullptr,
                        [](const RowRange&) {
                          if (session().rank() == 1) std::this_thread::sleep_for(std::chrono::seconds(3));
                        }};
  if (session().root()) {
    EXPECT_THROW(run_root(session(), job, tools, [](Result&) {}), StrandedError);
    end_stranded_ranks();
  } else {
    EXPECT_FALSE(run_worker(session(), job, tools).finished);
  }
}

/// A source, or the root's own thread, that hangs.
TEST(Scatter, ARootThatHangsIsNoticed) {
  if (session().size() != 1) return;
  for (const bool in_source : {false, true}) {
    Job job = made_job(made_request({0, 1}, 1, 1), 0.3);
    MadeShards source(job);
    if (in_source) source.slow_down(std::chrono::seconds(2));
    std::string told;
    const RankTools tools{made_network(),
                          1,
                          &source,
                          [&told](const std::string& why) { told = why; },
                          nullptr,
                          [&](const RowRange&) {
                            if (!in_source) std::this_thread::sleep_for(std::chrono::seconds(2));
                          }};
    EXPECT_THROW(run_root(session(), job, tools, [](Result&) {}), StrandedError);
    EXPECT_THAT(told, HasSubstr("no progress")) << "the last resort is told why";
  }
}

TEST(Scatter, AFailureIsToldThoughTheReaderIsSlow) {
  Scatter scatter({0, 800}, 1);
  scatter.source().slow_down(std::chrono::milliseconds(1500));
  scatter.hook = failing_after(session().root(), 0);
  const Traces run = scatter.run();
  EXPECT_FALSE(run.finished);
  if (session().root()) {
    EXPECT_EQ(run.error, "out of everything");
  }
}

/// Threads that cannot be started: the other ranks are told nevertheless.
TEST(Scatter, ARootThatCannotStartTellsTheOthers) {
  Scatter scatter({0, 800}, 1);
  if (session().root()) {
    scatter.job().memory.bands = 1;
    // Without a fill value, no decoder can be made of it.
    scatter.job().chunks = io::ChunkGrid{"made", 800, {2}, {8, 2}, 1, {io::ChunkFilter::deflate}, false, {}};
  }
  EXPECT_FALSE(scatter.run().finished);
}

/// Answers every shard with the rows of another one.
void cheat(const Job& job) {
  for (;;) {
    ShardHeader header;
    MPI_Request request = MPI_REQUEST_NULL;
    check_mpi(MPI_Irecv(&header, mpi_count(sizeof header), MPI_BYTE, 0, shard_tag, session().communicator(), &request),
              "MPI_Irecv");
    wait_for(request, test_stall_seconds, "a header");
    if (header.kind == ShardKind::wait) continue;
    if (header.kind != ShardKind::rows) {
      EXPECT_EQ(header.kind, ShardKind::failed);
      return;
    }
    Shard shard;
    shard.reset_received(header, label_bytes(job.classes));
    std::vector<MPI_Request> requests;
    start_receive(session(), shard.payload(), requests);
    for (MPI_Request& one : requests) wait_for(one, test_stall_seconds, "a payload");
    Result result;
    result.reset({header.first + 1, header.count}, job);
    const auto bytes = result.bytes();
    check_mpi(
        MPI_Isend(bytes.data(), mpi_count(bytes.size()), MPI_BYTE, 0, result_tag, session().communicator(), &request),
        "MPI_Isend");
    wait_for(request, test_stall_seconds, "a result");
  }
}

TEST(Scatter, RowsThatNobodyAskedForAreNoticed) {
  if (session().size() == 1) return;
  const Job job = made_job(made_request({0, 100}, 1, session().size()), test_stall_seconds);
  MadeShards source(job);
  const RankTools tools{made_network(), 1, session().root() ? &source : nullptr,
                        [](const std::string&) { std::abort(); }};
  if (session().rank() == 1) return cheat(job);
  if (!session().root()) {
    EXPECT_FALSE(run_worker(session(), job, tools).finished);
    return;
  }
  try {
    run_root(session(), job, tools, [](Result&) {});
    ADD_FAILURE() << "nothing was noticed";
  } catch (const StrandedError& error) {
    ADD_FAILURE() << "stranded: " << error.what();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("rank 1 returned rows that it was not given"));
  }
}

}  // namespace
}  // namespace tally::pipeline

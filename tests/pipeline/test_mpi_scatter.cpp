// Root and workers together: every row once, at any number of ranks, and an end to every failure.
#include <gmock/gmock.h>

#include <chrono>
#include <cmath>
#include <memory>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "pipeline/broadcast.hpp"
#include "pipeline/scatter.hpp"
#include "tests/pipeline/made_shards.hpp"
#include "tests/pipeline/mpi_session.hpp"

namespace tally::pipeline {
namespace {

using testing::HasSubstr;

/// What one scatter left behind on this rank.
struct Traces {
  std::string error;      // root only
  bool finished = false;  // run_root returned, or run_worker returned true
  RootOutcome outcome;    // root only
  Index source_shards = 0;
  std::vector<int> visits;  // root only: how often each row came back
  Counts counts;            // of all ranks; root only
};

/// A scatter over made-up shards; everything a test may want to change. Collective.
class Scatter {
 public:
  Scatter(const RowRange& rows, Index batch_size)
      : request_(made_request(rows, batch_size, session().size())),
        job_(made_job(request_, test_stall_seconds)),
        source_(request_) {}

  Job& job() { return job_; }
  MadeShards& source() { return source_; }
  const ShardRequest& request() const { return request_; }
  /// Called on the root for each shard that came back, beside the checks.
  std::function<void()> on_result = [] {};

  Traces run(ShardEvaluator& evaluator) {
    Traces run;
    if (session().root()) {
      run_here_as_root(evaluator, run);
    } else {
      run.finished = run_worker(session(), job_, evaluator);
    }
    const auto words = reduce_sum(session(), evaluator.counts().to_words(), test_stall_seconds);
    if (session().root()) run.counts = Counts::from_words(words);
    return run;
  }

  Traces run() {
    ShardEvaluator evaluator(job_, made_network(), 1);
    return run(evaluator);
  }

 private:
  void run_here_as_root(ShardEvaluator& evaluator, Traces& run) {
    run.visits.assign(static_cast<std::size_t>(request_.rows.count), 0);
    const ResultSink sink = [&](ShardMessage& shard, ResultMessage& result) {
      check_result(shard, result, run.visits);
      on_result();
    };
    try {
      run.outcome = run_root(session(), job_, source_, evaluator, sink);
      run.finished = true;
    } catch (const StrandedError& error) {
      ADD_FAILURE() << "stranded: " << error.what();
    } catch (const std::exception& error) {
      run.error = error.what();
    }
    run.source_shards = source_.shards();
  }

  void check_result(ShardMessage& shard, ResultMessage& result, std::vector<int>& visits) const {
    ASSERT_EQ(result.rows(), shard.rows());
    const auto count = static_cast<std::size_t>(shard.rows().count);
    ASSERT_EQ(shard.labels().size(), count);
    ASSERT_EQ(result.predicted().size(), job_.predictions ? count : 0U);
    ASSERT_EQ(result.probabilities().size(), job_.probabilities ? 4 * count : 0U);
    for (std::size_t i = 0; i < count; ++i) {
      const Index row = shard.rows().first + static_cast<Index>(i);
      ++visits.at(static_cast<std::size_t>(row - request_.rows.first));
      EXPECT_EQ(shard.labels()[i], made_label(row));
      if (!job_.predictions) continue;
      EXPECT_EQ(result.predicted()[i], made_prediction(row));
      if (!job_.probabilities) continue;
      EXPECT_EQ(result.confidence()[i], result.probabilities()[4 * i + static_cast<std::size_t>(made_prediction(row))]);
    }
  }

  ShardRequest request_;
  Job job_;
  MadeShards source_;
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

void expect_every_row_once(const Scatter& scatter, const Traces& run) {
  EXPECT_TRUE(run.finished) << run.error;
  if (!session().root()) return;
  const RowRange rows = scatter.request().rows;
  EXPECT_EQ(run.visits, std::vector<int>(static_cast<std::size_t>(rows.count), 1));
  EXPECT_EQ(run.counts.samples, rows.count);
  EXPECT_EQ(run.counts.correct, count_correct(rows));
  EXPECT_EQ(run.counts.nonfinite, 0);
  double loss = 0.0;
  for (Index row = rows.first; row < rows.end(); ++row) loss += made_loss(row);
  // Each term is right to some eps of at most 16 (the largest logit), and n terms are added.
  const double n = static_cast<double>(rows.count);
  EXPECT_NEAR(run.counts.cross_entropy.value(), loss, n * (n + 16.0) * std::numeric_limits<double>::epsilon() * 16.0);
}

/// Header and rows of each shard that left the root, and a header for each shard that a rank still waits for at the
/// end.
void expect_bytes_sent(const Scatter& scatter, const Traces& run) {
  if (!session().root()) return;
  const std::vector<Index>& shards = run.outcome.shards_per_rank;
  ASSERT_EQ(shards.size(), static_cast<std::size_t>(session().size()));
  EXPECT_EQ(std::accumulate(shards.begin(), shards.end(), Index{0}), ShardPlan(scatter.request()).shards());
  const Index sent = std::accumulate(shards.begin() + 1, shards.end(), Index{0});
  const Index rows_sent = scatter.request().rows.count - run.outcome.counts.samples;  // the root's own stay
  const Index header = 3 * sizeof(std::int64_t);
  const Index row = sizeof(std::int64_t) + 2;
  const Index farewells = Index{shards_in_flight} * (session().size() - 1);
  EXPECT_EQ(static_cast<Index>(run.outcome.bytes_sent), header * (sent + farewells) + row * rows_sent);
}

TEST(Scatter, EveryRowOnceWithItsOwnResults) {
  struct Case {
    RowRange rows;
    Index batch;
  };
  const Case cases[] = {
      {{0, 1000}, 10}, {{0, 1000}, 1}, {{5, 997}, 7},  {{Index{1} << 40, 333}, 100}, {{0, 3}, 1},  {{0, 1}, 1},
      {{0, 2}, 100},   {{17, 0}, 100}, {{0, 5000}, 3}, {{0, 20000}, 1 << 20},        {{1, 64}, 5},
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(std::to_string(one.rows.count) + " rows, batch " + std::to_string(one.batch));
    Scatter scatter(one.rows, one.batch);
    const Traces run = scatter.run();
    expect_every_row_once(scatter, run);
    if (session().root()) {
      EXPECT_EQ(run.source_shards, ShardPlan(scatter.request()).shards());
    }
    expect_bytes_sent(scatter, run);
  }
}

TEST(Scatter, SendsOnlyWhatTheJobAsksFor) {
  for (const bool predictions : {false, true}) {
    for (const bool probabilities : {false, true}) {
      Scatter scatter({0, 500}, 10);
      scatter.job().predictions = predictions;
      scatter.job().probabilities = probabilities;
      expect_every_row_once(scatter, scatter.run());
    }
  }
}

TEST(Scatter, TheCountsHaveTheSameBitsAtAnyNumberOfRanksAndBatch) {
  // What one rank counts without messages, computed by each root anew.
  std::vector<std::int64_t> expected;
  for (const Index batch : {1, 9, 100, 5000}) {
    Scatter scatter({3, 2500}, batch);
    const Traces run = scatter.run();
    EXPECT_TRUE(run.finished);
    if (!session().root()) continue;
    if (expected.empty()) {
      ShardRequest request = made_request({3, 2500}, 2500, 1);
      const Job job = made_job(request, test_stall_seconds);
      ShardEvaluator evaluator(job, made_network(), 1);
      MadeShards source(request);
      ShardMessage shard;
      ResultMessage result;
      while (source.next(shard)) evaluator.evaluate(shard, result);
      expected = evaluator.counts().to_words();
    }
    EXPECT_EQ(Counts::from_words(expected).cross_entropy.value(), run.counts.cross_entropy.value());
    EXPECT_EQ(Counts::from_words(expected).correct, run.counts.correct);
    EXPECT_EQ(Counts::from_words(expected).samples, run.counts.samples);
  }
}

/// Slow on one rank: the shards go to the others, and none is lost or done twice.
class SlowEvaluator : public ShardEvaluator {
 public:
  SlowEvaluator(const Job& job, bool slow) : ShardEvaluator(job, made_network(), 1), slow_(slow) {}
  void evaluate(ShardMessage& shard, ResultMessage& result) override {
    if (slow_) std::this_thread::sleep_for(std::chrono::milliseconds(30));
    ShardEvaluator::evaluate(shard, result);
  }

 private:
  bool slow_;
};

TEST(Scatter, ASlowRankLosesNothing) {
  for (const int slow : {0, session().size() - 1}) {
    Scatter scatter({0, 640}, 1);
    SlowEvaluator evaluator(scatter.job(), session().rank() == slow);
    expect_every_row_once(scatter, scatter.run(evaluator));
  }
}

TEST(Scatter, AFailingSourceEndsAllRanks) {
  for (const Index after : {0, 1, 3, 7}) {
    SCOPED_TRACE(after);
    Scatter scatter({0, 800}, 1);  // at least 8 shards a rank
    scatter.source().fail_after(after);
    Traces run;
    if (session().size() == 1) {
      // Alone, all rows are one shard.
      if (after > 0) continue;
    }
    run = scatter.run();
    EXPECT_FALSE(run.finished);
    if (session().root()) {
      EXPECT_EQ(run.error, "made.h5: cannot read on");
      EXPECT_EQ(run.source_shards, after);
    }
  }
}

/// Fails at one rank's n-th shard.
class FailingEvaluator : public ShardEvaluator {
 public:
  FailingEvaluator(const Job& job, bool fails, Index after)
      : ShardEvaluator(job, made_network(), 1), fails_(fails), left_(after) {}
  void evaluate(ShardMessage& shard, ResultMessage& result) override {
    if (fails_ && left_-- == 0) throw Error("out of everything");
    ShardEvaluator::evaluate(shard, result);
  }

 private:
  bool fails_;
  Index left_;
};

TEST(Scatter, AFailingRankIsNamedAndEndsAll) {
  for (int failing = 0; failing < session().size(); ++failing) {
    SCOPED_TRACE(failing);
    Scatter scatter({0, 800}, 1);
    // Its first shard, which every rank gets, root included.
    FailingEvaluator evaluator(scatter.job(), session().rank() == failing, 0);
    const Traces run = scatter.run(evaluator);
    EXPECT_FALSE(run.finished);
    if (!session().root()) continue;
    EXPECT_THAT(run.error, HasSubstr("out of everything"));
    if (failing > 0) {
      EXPECT_THAT(run.error, HasSubstr("rank " + std::to_string(failing) + ": "));
    }
  }
}

TEST(Scatter, EveryRankMayFailAtOnce) {
  Scatter scatter({0, 800}, 1);
  FailingEvaluator evaluator(scatter.job(), true, session().rank() % 2);
  const Traces run = scatter.run(evaluator);
  EXPECT_FALSE(run.finished);
  if (session().root()) {
    EXPECT_THAT(run.error, HasSubstr("out of everything"));
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
    const ShardRequest request = made_request({i, 40}, 1, session().size());
    const Job job = made_job(request, test_stall_seconds);
    ShardEvaluator evaluator(job, made_network(), 1);
    if (!session().root()) {
      ASSERT_TRUE(run_worker(session(), job, evaluator));
      continue;
    }
    MadeShards source(request);
    Index rows = 0;
    run_root(session(), job, source, evaluator,
             [&](ShardMessage& shard, ResultMessage&) { rows += shard.rows().count; });
    ASSERT_EQ(rows, 40);
  }
}

/// A source that hands out a row twice, or leaves one out.
class CheatingShards : public ShardSource {
 public:
  CheatingShards(const ShardRequest& request, bool repeats) : honest_(request), repeats_(repeats) {}
  bool next(ShardMessage& shard) override {
    if (!honest_.next(shard)) return false;
    if (honest_.shards() != 2) return true;
    if (!repeats_) return honest_.next(shard);  // the second shard is forgotten
    ShardMessage copy;
    copy.reset(ShardKind::rows, {shard.rows().first - 1, shard.rows().count}, 2);
    std::copy(shard.labels().begin(), shard.labels().end(), copy.labels().begin());
    std::copy(shard.inputs().begin(), shard.inputs().end(), copy.inputs().begin());
    shard = std::move(copy);
    return true;
  }
  RowRange rows() const override { return honest_.rows(); }

 private:
  MadeShards honest_;
  bool repeats_;
};

TEST(Scatter, ARowMissingOrRepeatedIsNoticed) {
  for (const bool repeats : {false, true}) {
    ShardRequest request = made_request({0, 100}, 1, session().size());
    request.buffer_bytes = 10 * request.bytes_per_row * (2 * session().size());
    const Job job = made_job(request, test_stall_seconds);
    ShardEvaluator evaluator(job, made_network(), 1);
    if (!session().root()) {
      EXPECT_FALSE(run_worker(session(), job, evaluator));
      continue;
    }
    CheatingShards source(request, repeats);
    try {
      run_root(session(), job, source, evaluator, [](ShardMessage&, ResultMessage&) {});
      ADD_FAILURE() << (repeats ? "a row came twice" : "a row is missing");
    } catch (const StrandedError& error) {
      ADD_FAILURE() << "stranded: " << error.what();
    } catch (const Error& error) {
      EXPECT_THAT(error.what(), HasSubstr("came back"));
    }
  }
}

}  // namespace
}  // namespace tally::pipeline

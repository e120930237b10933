// How much the benchmark runs, and how long.
#include "pipeline/bench_plan.hpp"

#include <gmock/gmock.h>

namespace tally::pipeline {
namespace {

using testing::ElementsAre;

constexpr Index mebibyte = Index{1} << 20;

TEST(BenchRowCount, ExceedsTheCachesAndNotTwiceThat) {
  for (Index bytes = 1; bytes < 512 * mebibyte; bytes = bytes * 5 / 3 + 1) {
    SCOPED_TRACE(bytes);
    const Index rows = bench_row_count(bytes);
    EXPECT_GE(rows, 1);
    EXPECT_GT(rows * bytes, 256 * mebibyte);
    EXPECT_LE(rows * bytes, 512 * mebibyte);
  }
}

TEST(BenchRowCount, WideRowsAreSomeHundred) {
  EXPECT_EQ(bench_row_count(3136), 85'599);
  EXPECT_EQ(bench_row_count(mebibyte), 257);
  EXPECT_EQ(bench_row_count(2 * mebibyte), 256);
  EXPECT_EQ(bench_row_count(4 * mebibyte), 128);  // as 512 MiB hold
  EXPECT_EQ(bench_row_count(Index{1} << 40), 1);
}

TEST(BenchThreadCounts, DoubleUpToAll) {
  EXPECT_THAT(bench_thread_counts(1), ElementsAre(1));
  EXPECT_THAT(bench_thread_counts(2), ElementsAre(1, 2));
  EXPECT_THAT(bench_thread_counts(6), ElementsAre(1, 2, 4, 6));
  EXPECT_THAT(bench_thread_counts(64), ElementsAre(1, 2, 4, 8, 16, 32, 64));
}

/// The command's time with shards that take no time at all.
double time_of_all(double wished, int counts, double startup) {
  double elapsed = startup;
  for (int left = counts; left > 0; --left) {
    const BenchTimes times = bench_times(wished, bench_seconds(wished) - elapsed, left);
    elapsed += times.measured + 2.0 * times.instrumented + peak_tries * times.peak_try;
  }
  return elapsed;
}

TEST(BenchTimes, TheWholeCommandKeepsItsPromise) {
  for (const double wished : {1e-9, 0.01, 0.5, 2.0, 60.0, 1e6, 1e300}) {
    for (const int counts : {1, 2, 3, 8, 11}) {
      for (const double startup : {0.5, 7.0}) {
        SCOPED_TRACE(testing::Message() << wished << " s, " << counts << " numbers of threads, startup " << startup);
        EXPECT_LE(time_of_all(wished, counts, startup), 3.0 * wished + 10.0);
      }
    }
  }
}

TEST(BenchTimes, TheWishComesTrueWhereItFits) {
  EXPECT_EQ(bench_times(2.0, 14.0, 1).measured, 2.0);
  EXPECT_EQ(bench_times(2.0, 13.0, 2).measured, 2.0);
  EXPECT_EQ(bench_times(0.01, 8.0, 4).measured, 0.01);
  const BenchTimes many = bench_times(2.0, 14.0, 8);
  EXPECT_LT(many.measured, 2.0);
  EXPECT_GT(many.measured, 0.9);
}

TEST(BenchTimes, WithoutTimeThereIsTheLeast) {
  const BenchTimes times = bench_times(2.0, -5.0, 3);
  EXPECT_EQ(times.measured, 0.0);
  EXPECT_EQ(times.instrumented, 0.0);
  EXPECT_GT(times.peak_try, 0.0);
}

TEST(Median, IsTheMiddleInAnyOrder) {
  EXPECT_EQ(median({3.0}), 3.0);
  EXPECT_EQ(median({9.0, 1.0, 2.0}), 2.0);
  EXPECT_EQ(median({4.0, 1.0, 100.0, 2.0}), 3.0);
}

}  // namespace
}  // namespace tally::pipeline

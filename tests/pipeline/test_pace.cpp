// How seldom messages are looked for: never so seldom that the fastest rank could have nothing to do; and who is fast.
#include "pipeline/pace.hpp"

#include <gtest/gtest.h>

namespace tally::pipeline {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr Pace::Clock::time_point start{};

/// Shards of 100 rows, `each` apart.
void work(Pace& pace, int rank, int shards, milliseconds each) {
  for (int i = 0; i < shards; ++i) pace.done(rank, 100, start + i * each);
}

TEST(Pace, NothingIsKnownAtFirst) {
  Pace pace(3);
  EXPECT_EQ(pace.sleep(), Pace::shortest);
  work(pace, 0, 9, milliseconds(50));
  work(pace, 1, 9, milliseconds(50));
  EXPECT_EQ(pace.sleep(), Pace::shortest) << "rank 2 may be the fastest";
  EXPECT_EQ(pace.speed(2), 1.0);
  pace.done(2, 100, start);
  EXPECT_EQ(pace.speed(2), 1.0);
}

TEST(Pace, TheShortestGapOfTheFastestRankCounts) {
  Pace pace(2);
  work(pace, 0, 9, milliseconds(30));
  work(pace, 1, 9, milliseconds(12));
  EXPECT_EQ(pace.sleep(), microseconds(3000)) << "a quarter of 12 ms";
  pace.done(1, 100, start + milliseconds(8 * 12 + 5));
  for (int i = 1; i <= 2; ++i) {
    pace.done(1, 100, start + milliseconds(8 * 12 + 5 + i * 100));
    EXPECT_EQ(pace.sleep(), microseconds(1250)) << "a quarter of 5 ms: two shards may end together now and then";
  }
  pace.done(1, 100, start + milliseconds(1000));
  EXPECT_EQ(pace.sleep(), microseconds(7500)) << "a quarter of 30 ms";
}

TEST(Pace, StaysWithinItsBounds) {
  Pace pace(1);
  for (int i = 0; i < 9; ++i) pace.done(0, 100, start + i * microseconds(3));
  EXPECT_EQ(pace.sleep(), Pace::shortest);
  for (int i = 1; i < 9; ++i) pace.done(0, 100, start + i * std::chrono::hours(1));
  EXPECT_EQ(pace.sleep(), Pace::longest);
}

TEST(Pace, SpeedIsAShareOfTheFastest) {
  Pace pace(3);
  work(pace, 0, 5, milliseconds(10));
  work(pace, 1, 3, milliseconds(40));
  EXPECT_DOUBLE_EQ(pace.speed(0), 1.0);
  EXPECT_DOUBLE_EQ(pace.speed(1), 0.25);
  EXPECT_EQ(pace.speed(2), 1.0) << "nothing is known";
  pace.done(2, 100, start);
  pace.done(2, 800, start + microseconds(1));
  pace.done(2, 800, start + microseconds(2));
  EXPECT_DOUBLE_EQ(pace.speed(0), 1.0) << "found together: still nothing is known";
  pace.done(2, 0, start + milliseconds(20));
  EXPECT_DOUBLE_EQ(pace.speed(0), 0.125);
}

}  // namespace
}  // namespace tally::pipeline

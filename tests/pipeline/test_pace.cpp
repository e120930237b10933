// How seldom messages are looked for: never so seldom that the fastest rank could have nothing to do.
#include "pipeline/pace.hpp"

#include <gtest/gtest.h>

namespace tally::pipeline {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr Pace::Clock::time_point start{};

TEST(Pace, NothingIsKnownAtFirst) {
  Pace pace(3);
  EXPECT_EQ(pace.sleep(), Pace::shortest);
  pace.done(0, start);
  pace.done(1, start + milliseconds(50));
  pace.done(0, start + milliseconds(60));
  pace.done(1, start + milliseconds(90));
  EXPECT_EQ(pace.sleep(), Pace::shortest) << "rank 2 may be the fastest";
}

TEST(Pace, TheFastestRankCounts) {
  Pace pace(2);
  for (int i = 0; i < 4; ++i) pace.done(0, start + i * milliseconds(30));
  pace.done(1, start);
  pace.done(1, start + milliseconds(12));
  EXPECT_EQ(pace.sleep(), microseconds(3000)) << "a quarter of 12 ms";
  pace.done(1, start + milliseconds(92));
  EXPECT_EQ(pace.sleep(), microseconds(7500)) << "a quarter of 30 ms: rank 1 was slower at last";
}

TEST(Pace, StaysWithinItsBounds) {
  Pace pace(1);
  pace.done(0, start);
  pace.done(0, start + microseconds(3));
  EXPECT_EQ(pace.sleep(), Pace::shortest);
  pace.done(0, start + std::chrono::hours(1));
  EXPECT_EQ(pace.sleep(), Pace::longest);
}

}  // namespace
}  // namespace tally::pipeline

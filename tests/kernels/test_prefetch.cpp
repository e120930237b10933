// Every line of a run is asked for once, whoever asks.
#include "kernels/prefetch.hpp"

#include <gtest/gtest.h>

namespace tally {
namespace {

TEST(SpreadPrefetch, TakesTheWholeRunInOrder) {
  for (const Index bytes : {1, 63, 64, 65, 1000, 100'352}) {
    const Index lines = (bytes + 63) / 64;
    SpreadPrefetch run(reinterpret_cast<const void*>(4096), bytes, 1, lines);
    std::uintptr_t next = 4096;
    Index got = 0;
    for (const Index asked : {Index{0}, Index{1}, Index{7}, lines, lines}) {
      const LinesAhead taken = run.take(asked);
      EXPECT_LE(taken.lines, asked);
      if (taken.lines > 0) {
        EXPECT_EQ(taken.address, next);
      }
      next += static_cast<std::uintptr_t>(taken.lines) * 64;
      got += taken.lines;
    }
    EXPECT_EQ(got, lines);
  }
}

TEST(SpreadPrefetch, SharesARunBetweenCallsAndTaking) {
  for (const Index lines : {1, 10, 99, 1568}) {
    for (const Index calls : {0, 1, 3, 38}) {
      for (const Index taken : {Index{0}, Index{5}, lines / 2, lines, 2 * lines}) {
        SpreadPrefetch run(reinterpret_cast<const void*>(4096), lines * 64, calls, taken);
        for (Index call = 0; call < calls; ++call) run.advance();
        // What is taken after all calls is the rest of the run, and starts where they ended.
        const LinesAhead rest = run.take(lines);
        EXPECT_LE(rest.lines, taken);
        if (calls > 0) {
          // Shares are whole lines, so the calls may ask for a few of those that were for taking.
          EXPECT_GE(rest.lines + calls, std::min(taken, lines)) << lines << " lines, " << calls << " calls";
          if (rest.lines > 0) {
            EXPECT_EQ(rest.address, 4096U + static_cast<std::uintptr_t>(lines - rest.lines) * 64);
          }
        }
        EXPECT_EQ(run.take(lines).lines, 0);
      }
    }
  }
}

TEST(SpreadPrefetch, OfNothingAsksForNothing) {
  SpreadPrefetch nothing;
  nothing.advance();
  EXPECT_EQ(nothing.take(10).lines, 0);
}

}  // namespace
}  // namespace tally

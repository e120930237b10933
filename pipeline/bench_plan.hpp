// How much `tally bench` runs: rows, numbers of threads, seconds. Pure arithmetic.
#pragma once

#include <vector>

#include "kernels/types.hpp"

namespace tally::pipeline {

/// Rows that together exceed 256 MiB, so that they come from memory and not from a cache; of wide rows at least 256, or
/// as many as 512 MiB hold, and at least one.
Index bench_row_count(Index bytes_per_row);

/// 1, 2, 4 ... and `most` itself. Precondition: most >= 1.
std::vector<int> bench_thread_counts(int most);

/// How the time for one number of threads is spent, in seconds.
struct BenchTimes {
  double instrumented = 0.0;  // each of the two passes that say where the time goes
  double measured = 0.0;      // the pass whose speed is reported
  double peak_try = 0.0;      // each of `peak_tries` measurements of the FMA peak
};
/// The passes come in so many intervals.
inline constexpr int bench_intervals = 9;
/// One before each interval and one at the end.
inline constexpr int peak_tries = bench_intervals + 1;

/// `wished`: the user's seconds. `left`: until the whole command should be over. `counts_left`: numbers of threads
/// still to be run, this one included. The wish comes true where it fits, else the time left is shared out evenly.
BenchTimes bench_times(double wished, double left, int counts_left);

/// When the command should be over, in seconds after its start: 3 wished + 10 is promised, and the last shard that is
/// begun in time is not cut short.
double bench_seconds(double wished);

/// The middle one, or the mean of the two in the middle. Precondition: not empty.
double median(std::vector<double> values);

}  // namespace tally::pipeline

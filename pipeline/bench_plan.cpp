#include "pipeline/bench_plan.hpp"

#include <algorithm>

namespace tally::pipeline {

Index bench_row_count(Index bytes_per_row) {
  constexpr Index enough = Index{256} << 20;
  constexpr Index few_rows = 256;
  const Index bytes = std::max<Index>(1, bytes_per_row);
  return std::max(enough / bytes + 1, std::min(few_rows, 2 * enough / bytes));
}

std::vector<int> bench_thread_counts(int most) {
  std::vector<int> counts;
  for (Index threads = 1; threads < most; threads *= 2) counts.push_back(static_cast<int>(threads));
  counts.push_back(most);
  return counts;
}

BenchTimes bench_times(double wished, double left, int counts_left) {
  // Two instrumented passes of a tenth each beside the measured one, and what no pass may exceed: shards that are
  // begun.
  constexpr double measured_part = 0.7;
  constexpr double instrumented_part = 0.1;
  const double share = std::max(0.0, left / counts_left);
  BenchTimes times;
  times.peak_try = std::clamp(share * 0.01, 0.01, 0.04);
  times.measured = std::min(wished, measured_part * std::max(0.0, share - peak_tries * times.peak_try));
  times.instrumented = instrumented_part * times.measured;
  return times;
}

double bench_seconds(double wished) { return 3.0 * wished + 8.0; }

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const std::size_t middle = values.size() / 2;
  return values.size() % 2 == 1 ? values[middle] : 0.5 * (values[middle - 1] + values[middle]);
}

}  // namespace tally::pipeline

// Running the forward pass for a bounded time with some number of threads. Local.
#pragma once

#include <optional>

#include "kernels/evaluate.hpp"
#include "kernels/network.hpp"
#include "pipeline/bench_limit.hpp"
#include "pipeline/bench_plan.hpp"
#include "pipeline/bench_rows.hpp"
#include "pipeline/shard_plan.hpp"

namespace tally::pipeline {

/// What was measured with one number of threads.
struct BenchMeasurement {
  int threads = 1;
  double samples_per_second = 0.0;  // the median over intervals
  double gflops = 0.0;
  double fraction_of_peak = 0.0;
  double fma_peak_gflops = 0.0;  // the median over tries between those intervals
  double seconds = 0.0;          // of all intervals together
  int intervals = 0;
  double shard_seconds = 0.0;  // of the first shard
  BenchFigures figures;
};

/// The shards of the generated rows, in the order and sizes in which one rank of `evaluate` computes them, again and
/// again.
class BenchRun {
 public:
  /// Keeps references. Of `request`, the threads are those of measure(). `issued`: see BenchFigures, without what rows
  /// add that fill up a panel.
  BenchRun(const Network& network, const BenchRows& rows, const ShardRequest& request, double issued);

  /// Warm-up, then intervals of measuring, each followed by a shorter one with clocks and one from the caches: what is
  /// compared sees the same machine, whatever else runs there.
  BenchMeasurement measure(int threads, const BenchTimes& times);

 private:
  /// Shards whose phases are clocked.
  struct Instrumented {
    PhaseClock phases;     // added up over threads
    double ticks = 0.0;    // of a thread, the mean over them
    double seconds = 0.0;  // the same in seconds
    Index rows = 0;
  };
  class Repeated;
  /// Into shards, as for so many threads.
  void cut(int threads);
  void run_instrumented(double seconds, Instrumented& run);
  /// The same few rows again and again, from the caches.
  void run_cached(double seconds, Instrumented& run);
  double run_interval(double seconds, BenchMeasurement& measurement);
  BenchFigures figures_of(const Instrumented& run, const Instrumented& cached,
                          const BenchMeasurement& measurement) const;

  const Network& network_;
  const BenchRows& rows_;
  ShardRequest request_;
  std::vector<Block> blocks_;  // of all rows
  std::size_t next_block_ = 0;
  Index largest_shard_ = 1;
  double block_seconds_ = 0.0;          // of one block; 0 while that is not known
  std::optional<Evaluator> evaluator_;  // with as many threads as are measured
  double issued_;
};

}  // namespace tally::pipeline

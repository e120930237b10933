#include "pipeline/bench_measurement.hpp"

#include <algorithm>
#include <chrono>
#include <numeric>

#include "kernels/fma_peak.hpp"

namespace tally::pipeline {
namespace {

class Stopwatch {
 public:
  double seconds() const { return std::chrono::duration<double>(Clock::now() - start_).count(); }

 private:
  using Clock = std::chrono::steady_clock;
  Clock::time_point start_ = Clock::now();
};

double total(const PhaseClock& clock) {
  const auto& ticks = clock.elapsed();
  return static_cast<double>(std::accumulate(ticks.begin(), ticks.end(), std::uint64_t{0}));
}

/// A quotient that is 0 where it is undefined.
double ratio(double a, double b) { return b > 0.0 ? a / b : 0.0; }

}  // namespace

BenchRun::BenchRun(const Network& network, const BenchRows& rows, const ShardRequest& request, double issued)
    : network_(network), rows_(rows), request_(request), plan_(request), issued_(issued) {}

RowRange BenchRun::next_shard() {
  if (const auto shard = plan_.next()) return *shard;
  plan_ = ShardPlan(request_);
  return plan_.next().value();
}

void BenchRun::evaluate(const RowRange& shard, PhaseClock* clock) {
  evaluator_->evaluate(rows_.block(shard), rows_.labels(shard), {}, clock);
}

void BenchRun::run_instrumented(Instrumented& run) {
  const RowRange shard = next_shard();
  const Stopwatch watch;
  run.wall.enter(Phase::pack);
  evaluate(shard, &run.phases);
  run.wall.stop();
  run.seconds += watch.seconds();
  run.rows += shard.count;
}

void BenchRun::run_cached(double seconds, Instrumented& run) {
  const RowRange block{0, std::min(rows_.rows(), Index{request_.threads} * network_.tile_rows())};
  evaluate(block, nullptr);  // brings it into the caches
  const Stopwatch watch;
  do {
    evaluate(block, &run.phases);
    run.rows += block.count;
  } while (watch.seconds() < seconds);
  run.seconds += watch.seconds();
}

/// Shards until the time is over, one at least; returns samples per second.
double BenchRun::run_interval(double seconds, BenchMeasurement& measurement) {
  Index rows = 0;
  double elapsed = 0.0;
  const Stopwatch watch;
  do {
    const RowRange shard = next_shard();
    evaluate(shard, nullptr);
    const double before = elapsed;
    elapsed = watch.seconds();
    rows += shard.count;
    measurement.slowest_shard_seconds = std::max(measurement.slowest_shard_seconds, elapsed - before);
  } while (elapsed < seconds);
  measurement.seconds += elapsed;
  measurement.intervals += 1;
  return static_cast<double>(rows) / elapsed;
}

BenchFigures BenchRun::figures_of(const Instrumented& run, const Instrumented& cached,
                                  const BenchMeasurement& measurement) const {
  BenchFigures figures;
  const double ticks = total(run.phases);
  for (std::size_t i = 0; i < figures.phases.size(); ++i) {
    figures.phases[i] = ratio(static_cast<double>(run.phases.elapsed()[i]), ticks);
  }
  figures.busy = std::min(1.0, ratio(ticks, measurement.threads * total(run.wall)));
  // Each shard's last panel is computed whole.
  const Index panel = network_.panel();
  const Index shard = plan_.largest();
  const Index computed = (shard + panel - 1) / panel * panel;
  figures.issued = issued_ * static_cast<double>(computed) / static_cast<double>(shard);
  const double flops = static_cast<double>(run.rows) * static_cast<double>(request_.flops_per_row);
  figures.fraction_of_peak = ratio(flops * 1e-9, run.seconds * measurement.fma_peak_gflops);
  if (cached.rows > 0) {
    const double per_row = ticks / static_cast<double>(run.rows);
    figures.memory = std::max(0.0, 1.0 - total(cached.phases) / static_cast<double>(cached.rows) / per_row);
  }
  return figures;
}

BenchMeasurement BenchRun::measure(int threads, const BenchTimes& times) {
  BenchMeasurement measurement;
  measurement.threads = threads;
  request_.threads = threads;
  plan_ = ShardPlan(request_);
  evaluator_.emplace(network_, rows_.transform(), threads);
  Instrumented run;
  Instrumented cached;
  run_instrumented(run);
  measurement.slowest_shard_seconds = run.seconds;
  // Where the warm-up alone takes longer than all clocked shards should, its clocks must do.
  const bool slow = run.seconds >= times.instrumented;
  if (!slow) run = Instrumented{};
  const auto try_peak = [&] {
    measurement.fma_peak_gflops = std::max(measurement.fma_peak_gflops, fma_peak_gflops(threads, times.peak_try));
  };
  std::vector<double> rates;
  for (int i = 0; i < bench_intervals && (i == 0 || measurement.seconds < times.measured); ++i) {
    if (i % (bench_intervals / (peak_tries - 1)) == 0) try_peak();
    rates.push_back(run_interval(times.measured / bench_intervals, measurement));
    if (slow) continue;
    const double instrumented = times.instrumented / bench_intervals * (i + 1);
    while (run.seconds < instrumented) run_instrumented(run);
    if (cached.seconds < instrumented) run_cached(times.instrumented / bench_intervals, cached);
  }
  try_peak();
  measurement.samples_per_second = median(rates);
  measurement.gflops = measurement.samples_per_second * static_cast<double>(request_.flops_per_row) * 1e-9;
  measurement.fraction_of_peak = ratio(measurement.gflops, measurement.fma_peak_gflops);
  measurement.figures = figures_of(run, cached, measurement);
  return measurement;
}

}  // namespace tally::pipeline

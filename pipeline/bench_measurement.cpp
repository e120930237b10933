#include "pipeline/bench_measurement.hpp"

#include <algorithm>
#include <numeric>

#include "kernels/fma_peak.hpp"
#include "kernels/stopwatch.hpp"

namespace tally::pipeline {
namespace {

double total(const PhaseClock& clock) {
  const auto& ticks = clock.elapsed();
  return static_cast<double>(std::accumulate(ticks.begin(), ticks.end(), std::uint64_t{0}));
}

/// A quotient that is 0 where it is undefined.
double ratio(double a, double b) { return b > 0.0 ? a / b : 0.0; }

}  // namespace

/// Gives some blocks again and again, until the time is up; one at least. Threads ask ahead: a block that is known to
/// take the rest of the time is not given to begin with.
class BenchRun::Repeated : public BlockSource {
 public:
  /// Goes on from blocks[position], and counts it up.
  Repeated(std::span<const Block> blocks, std::size_t& position, double seconds, double seconds_of_block)
      : blocks_(blocks), position_(position), seconds_(seconds), seconds_of_block_(seconds_of_block) {}

  Offer next(bool /*busy*/) override {
    const double expected = std::max(watch_.seconds(), static_cast<double>(given_) * seconds_of_block_);
    if (given_ > 0 && expected >= seconds_) return {.ended = true};
    position_ = position_ < blocks_.size() ? position_ : 0;
    const Block& block = blocks_[position_++];
    rows_ += block.rows.rows;
    ++given_;
    return {.block = &block};
  }
  void done(const Block& /*block*/, const Counts& /*counts*/) override {}

  Index rows() const { return rows_; }
  double elapsed() const { return watch_.seconds(); }

 private:
  std::span<const Block> blocks_;
  std::size_t& position_;
  double seconds_;
  double seconds_of_block_;
  Index rows_ = 0;
  Index given_ = 0;
  Stopwatch watch_;
};

BenchRun::BenchRun(const Network& network, const BenchRows& rows, const ShardRequest& request, double issued)
    : network_(network), rows_(rows), request_(request), issued_(issued) {}

void BenchRun::cut(int threads) {
  request_.threads = threads;
  ShardPlan plan(request_);
  largest_shard_ = plan.largest();
  blocks_.clear();
  while (const auto shard = plan.next()) blocks_.push_back({rows_.block(*shard), rows_.labels(*shard), {}});
  next_block_ = 0;
}

void BenchRun::run_instrumented(double seconds, Instrumented& run) {
  PhaseClock wall;
  wall.enter(Phase::pack);
  Repeated source(blocks_, next_block_, seconds, block_seconds_);
  const double busy = evaluator_->run(source, &run.phases).seconds;
  wall.stop();
  run.ticks += total(wall) * ratio(busy, source.elapsed());
  run.seconds += busy;
  run.rows += source.rows();
}

void BenchRun::run_cached(double seconds, Instrumented& run) {
  const RowRange range{0, std::min(rows_.rows(), Index{request_.threads} * network_.tile_rows())};
  const Block block{rows_.block(range), rows_.labels(range), {}};
  evaluator_->evaluate(block.rows, block.labels, {});  // brings it into the caches
  std::size_t position = 0;
  Repeated source({&block, 1}, position, seconds, 0.0);
  run.seconds += evaluator_->run(source, &run.phases).seconds;
  run.rows += source.rows();
}

/// Returns samples per second.
double BenchRun::run_interval(double seconds, BenchMeasurement& measurement) {
  Repeated source(blocks_, next_block_, seconds, block_seconds_);
  const double busy = evaluator_->run(source).seconds;
  measurement.seconds += source.elapsed();
  measurement.intervals += 1;
  return static_cast<double>(source.rows()) / busy;
}

BenchFigures BenchRun::figures_of(const Instrumented& run, const Instrumented& cached,
                                  const BenchMeasurement& measurement) const {
  BenchFigures figures;
  const double ticks = total(run.phases);
  for (std::size_t i = 0; i < figures.phases.size(); ++i) {
    figures.phases[i] = ratio(static_cast<double>(run.phases.elapsed()[i]), ticks);
  }
  // One thread waits for no other.
  if (measurement.threads > 1) figures.busy = std::min(1.0, ratio(ticks, measurement.threads * run.ticks));
  // Each shard's last panel is computed whole.
  const Index panel = network_.panel();
  const Index computed = (largest_shard_ + panel - 1) / panel * panel;
  figures.issued = issued_ * static_cast<double>(computed) / static_cast<double>(largest_shard_);
  figures.fraction_of_peak = measurement.fraction_of_peak;
  if (cached.rows > 0) {
    const double per_row = ticks / static_cast<double>(run.rows);
    figures.memory = std::max(0.0, 1.0 - total(cached.phases) / static_cast<double>(cached.rows) / per_row);
  }
  return figures;
}

BenchMeasurement BenchRun::measure(int threads, const BenchTimes& times) {
  BenchMeasurement measurement;
  measurement.threads = threads;
  cut(threads);
  evaluator_.emplace(network_, rows_.transform(), threads);
  Instrumented run;
  Instrumented cached;
  // The threads take their memory.
  const RowRange few{0, std::min(rows_.rows(), Index{threads} * network_.panel())};
  evaluator_->evaluate(rows_.block(few), rows_.labels(few), {});
  block_seconds_ = 0.0;
  run_instrumented(0.0, run);
  block_seconds_ = run.seconds;
  measurement.shard_seconds = run.seconds;
  // Where the warm-up alone takes longer than all clocked shards should, its clocks must do, and where it takes longer
  // than all others should, its speed too.
  const bool slow = run.seconds >= times.instrumented;
  const bool enough = run.seconds >= times.measured;
  const double warm_up_rate = ratio(static_cast<double>(run.rows), run.seconds);
  if (enough) measurement.seconds = run.seconds;
  if (!slow) run = Instrumented{};
  std::vector<double> peaks;
  std::vector<double> rates;
  if (enough) rates.push_back(warm_up_rate);
  measurement.intervals = static_cast<int>(rates.size());
  for (int i = 0; i < bench_intervals && (rates.empty() || measurement.seconds < times.measured); ++i) {
    peaks.push_back(fma_peak_gflops(threads, times.peak_try));
    rates.push_back(run_interval(times.measured / bench_intervals, measurement));
    if (slow) continue;
    const double instrumented = times.instrumented / bench_intervals * (i + 1);
    if (run.seconds < instrumented) run_instrumented(instrumented - run.seconds, run);
    if (cached.seconds < instrumented) run_cached(times.instrumented / bench_intervals, cached);
  }
  peaks.push_back(fma_peak_gflops(threads, times.peak_try));
  measurement.fma_peak_gflops = median(peaks);
  measurement.samples_per_second = median(rates);
  measurement.gflops = measurement.samples_per_second * static_cast<double>(request_.flops_per_row) * 1e-9;
  measurement.fraction_of_peak = ratio(measurement.gflops, measurement.fma_peak_gflops);
  measurement.figures = figures_of(run, cached, measurement);
  return measurement;
}

}  // namespace tally::pipeline

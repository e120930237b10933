#include "pipeline/rank_figures.hpp"

#include <algorithm>
#include <cmath>

#include "pipeline/broadcast.hpp"

namespace tally::pipeline {
namespace {

std::int64_t nanoseconds(double seconds) { return std::llround(seconds * 1e9); }
double seconds(std::int64_t nanoseconds) { return static_cast<double>(nanoseconds) * 1e-9; }

}  // namespace

RunFigures gather(const MpiSession& session, const RankFigures& mine, double stall_seconds) {
  const RankTimes& times = mine.times;
  const double compute = std::max(0.0, times.team.seconds - times.team.prepare - times.team.wait);
  const std::vector<std::int64_t> phases = {nanoseconds(times.io.read),      nanoseconds(times.send),
                                            nanoseconds(times.team.prepare), nanoseconds(compute),
                                            nanoseconds(times.team.wait),    nanoseconds(mine.reduce)};
  std::vector<std::int64_t> sums = phases;
  sums.push_back(nanoseconds(times.io.read_cpu));
  sums.push_back(static_cast<std::int64_t>(mine.bytes_read));
  sums = reduce_sum(session, sums, stall_seconds);
  // The least of some numbers is the negative of the largest negative.
  std::vector<std::int64_t> extremes = phases;
  for (const std::int64_t phase : phases) extremes.push_back(-phase);
  extremes.push_back(static_cast<std::int64_t>(mine.peak_rss_bytes));
  extremes = reduce_max(session, extremes, stall_seconds);
  RunFigures run;
  if (!session.root()) return run;
  const auto spread = [&](std::size_t phase) {
    return io::Spread{seconds(-extremes[phases.size() + phase]), seconds(sums[phase]) / session.size(),
                      seconds(extremes[phase])};
  };
  run.phases = {spread(0), spread(1), spread(2), spread(3), spread(4), spread(5)};
  const std::int64_t read_cpu = sums[phases.size()];
  run.reader_cpu_share = sums[0] > 0 ? static_cast<double>(read_cpu) / static_cast<double>(sums[0]) : 0.0;
  run.bytes_read = static_cast<std::uint64_t>(sums.back());
  run.peak_rss_bytes = static_cast<std::uint64_t>(extremes.back());
  return run;
}

}  // namespace tally::pipeline

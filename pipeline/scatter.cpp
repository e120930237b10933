#include "pipeline/scatter.hpp"

#include <algorithm>
#include <utility>

namespace tally::pipeline {

std::size_t shared_bytes(const Job& job) {
  return static_cast<std::size_t>(job.memory.root_shards) * static_cast<std::size_t>(payload_room(job.memory));
}

RankTimes rank_times(const IoTimes& io, const ComputeTeam& team, double send) {
  RankTimes times{io, team.times(), send};
  if (!team.reads()) return times;
  const double read = std::exchange(times.team.prepare, 0.0);
  times.team.seconds -= read;
  times.io.read = std::max(io.read, read);  // at the same time
  times.io.read_cpu += team.read_cpu_seconds() / std::max(1, times.team.threads);
  return times;
}

const io::PlainRows* plain_of(const RankTools& tools) {
  if (tools.plain != nullptr) return tools.plain;
  return tools.source == nullptr ? nullptr : tools.source->plain();
}

}  // namespace tally::pipeline

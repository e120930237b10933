// Where the time of a run went: from the figures of each rank to what all of them did.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "io/report.hpp"
#include "pipeline/mpi.hpp"
#include "pipeline/scatter.hpp"

namespace tally::pipeline {

/// Of one rank.
struct RankFigures {
  RankTimes times;
  double reduce = 0.0;           // seconds in the reduction, the wait for other ranks included
  std::uint64_t bytes_read = 0;  // of files
  std::uint64_t peak_rss_bytes = 0;
};

/// Of all ranks.
struct RunFigures {
  io::PhaseSeconds phases;
  double reader_cpu_share = 0.0;  // of the seconds spent reading: computing, not waiting for the disk
  std::uint64_t bytes_read = 0;
  std::uint64_t peak_rss_bytes = 0;  // the largest
};

/// Collective; valid on the root.
RunFigures gather(const MpiSession& session, const RankFigures& mine, double stall_seconds);

}  // namespace tally::pipeline

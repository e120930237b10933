// How fast ranks are: how often it is worth to look for their messages, and how much to give them at a time.
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <vector>

#include "kernels/types.hpp"

namespace tally::pipeline {

/// Ranks hold two shards at a time, and as a rule one of them is still to be computed when the other comes back: a rank
/// wants for nothing as long as it is answered within the time that it takes for a shard. Looking costs each computing
/// thread on a busy core a switch of context and part of its cache.
class Pace {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::microseconds shortest{1000};
  static constexpr std::chrono::microseconds longest{10'000};

  explicit Pace(int ranks) : ranks_(static_cast<std::size_t>(ranks)) {}

  /// The rank has done a shard of so many rows.
  void done(int rank, Index rows, Clock::time_point now = Clock::now()) {
    Rank& one = ranks_[static_cast<std::size_t>(rank)];
    if (one.shards++ == 0) {
      one.first = now;
    } else {
      one.rows += rows;
      one.gaps[static_cast<std::size_t>(one.shards) % one.gaps.size()] = now - one.last;
    }
    one.last = now;
  }

  /// A quarter of the shortest time between the last shards of any rank, between `shortest` and `longest`.
  std::chrono::microseconds sleep() const {
    Clock::duration least = Clock::duration::max();
    for (const Rank& one : ranks_) least = std::min(least, *std::ranges::min_element(one.gaps));
    return std::clamp(std::chrono::duration_cast<std::chrono::microseconds>(least / 4), shortest, longest);
  }

  /// Rows a second, as a share of those of the fastest rank, in (0, 1]; 1 while nothing is known.
  double speed(int rank) const {
    double fastest = 0.0;
    for (const Rank& one : ranks_) fastest = std::max(fastest, one.rate());
    const double mine = ranks_[static_cast<std::size_t>(rank)].rate();
    return mine > 0.0 ? mine / fastest : 1.0;
  }

 private:
  struct Rank {
    Index shards = 0;
    Index rows = 0;  // after the first shard, which began before anyone looked
    Clock::time_point first;
    Clock::time_point last;
    std::array<Clock::duration, 3> gaps{};  // 0 where nothing is known: the shortest sleep

    double rate() const {
      // Two results that were found together say nothing yet.
      constexpr double least_seconds = 0.01;
      const double seconds = std::chrono::duration<double>(last - first).count();
      return shards > 2 && seconds >= least_seconds ? static_cast<double>(rows) / seconds : 0.0;
    }
  };
  std::vector<Rank> ranks_;
};

}  // namespace tally::pipeline

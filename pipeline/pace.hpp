// How often it is worth to look for messages of ranks that have enough to do.
#pragma once

#include <algorithm>
#include <chrono>
#include <vector>

namespace tally::pipeline {

/// Ranks that hold two shards at a time: when one comes back, the other is still to be computed, so a rank wants for
/// nothing as long as it is answered within the time that it takes for a shard. Looking costs each computing thread on
/// a busy core a switch of context and part of its cache.
class Pace {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::microseconds shortest{1000};
  static constexpr std::chrono::microseconds longest{10'000};

  explicit Pace(int ranks) : ranks_(static_cast<std::size_t>(ranks)) {}

  /// The rank has done a shard.
  void done(int rank, Clock::time_point now = Clock::now()) {
    Rank& one = ranks_[static_cast<std::size_t>(rank)];
    if (one.seen) one.took = now - one.last;
    one.seen = true;
    one.last = now;
  }

  /// A quarter of what the fastest takes for a shard, between `shortest` and `longest`.
  std::chrono::microseconds sleep() const {
    Clock::duration least = Clock::duration::max();
    for (const Rank& one : ranks_) least = std::min(least, one.took);
    return std::clamp(std::chrono::duration_cast<std::chrono::microseconds>(least / 4), shortest, longest);
  }

 private:
  struct Rank {
    bool seen = false;
    Clock::time_point last;
    Clock::duration took{};  // nothing is known: the shortest sleep
  };
  std::vector<Rank> ranks_;
};

}  // namespace tally::pipeline

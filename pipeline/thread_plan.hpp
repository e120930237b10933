// How many threads each rank runs. Pure arithmetic over what the ranks told each other; every rank computes the same.
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace tally::pipeline {

/// What one rank knows about where it runs.
struct Placement {
  std::string host;
  std::string cpus;         // its affinity mask as a canonical text, equal for equal masks: "0-3,8"
  int logical_cpus = 1;     // in that mask
  int physical_cores = 1;   // in that mask: hardware threads of one core counted once
  double cpu_quota = 0.0;   // of its cgroup, in CPUs; 0 where there is none
  int omp_num_threads = 0;  // the environment's wish; 0 where there is none
  int thread_limit = 0;     // OMP_THREAD_LIMIT; 0 where there is none
};

/// Threads per rank, in order of rank: `requested` (--threads) where given, else OMP_NUM_THREADS, else the physical
/// cores of the rank's mask shared out among the ranks of its host that have the same mask (the first ones get one more
/// where it does not divide), at most the cgroup's quota shared out likewise among the host's ranks. At least 1.
///
///   one host, mask 0-7 (8 cores): 1 rank -> 8; 3 ranks -> 3 3 2; 16 ranks -> 1 each
std::vector<int> threads_per_rank(const std::vector<Placement>& placements, std::optional<int> requested);

/// What is wrong with that many threads, in words for the user: more threads than CPUs in a mask (bound to one core by
/// mpirun, or simply too many). One line per host at most; empty where all is well.
std::vector<std::string> thread_warnings(const std::vector<Placement>& placements, const std::vector<int>& threads);

/// More threads than this only cost memory (four per CPU of the mask, but at least 64), or are not given.
int largest_sensible_team(const Placement& placement);

}  // namespace tally::pipeline

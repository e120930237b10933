#include "pipeline/thread_plan.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace tally::pipeline {
namespace {

/// Part `index` of `whole` shared out among `parts`: sizes differ by at most one, larger ones first.
int share(int whole, int parts, int index) { return whole / parts + (index < whole % parts ? 1 : 0); }

}  // namespace

int largest_sensible_team(const Placement& placement) {
  const int sensible = std::max(64, 4 * placement.logical_cpus);
  return placement.thread_limit > 0 ? std::min(sensible, placement.thread_limit) : sensible;
}

std::vector<int> threads_per_rank(const std::vector<Placement>& placements, std::optional<int> requested) {
  std::map<std::pair<std::string, std::string>, int> same_mask;
  std::map<std::string, int> same_host;
  for (const Placement& one : placements) {
    ++same_mask[{one.host, one.cpus}];
    ++same_host[one.host];
  }
  std::map<std::pair<std::string, std::string>, int> seen_mask;
  std::map<std::string, int> seen_host;
  std::vector<int> threads;
  threads.reserve(placements.size());
  for (const Placement& one : placements) {
    const std::pair<std::string, std::string> mask{one.host, one.cpus};
    int count = share(one.physical_cores, same_mask[mask], seen_mask[mask]++);
    const int index_on_host = seen_host[one.host]++;
    if (one.cpu_quota > 0.0) {
      const int quota = std::max(1, static_cast<int>(std::floor(std::min(one.cpu_quota, 1e6) + 1e-6)));
      count = std::min(count, share(quota, same_host[one.host], index_on_host));
    }
    if (one.omp_num_threads > 0) count = one.omp_num_threads;
    if (requested) count = *requested;
    threads.push_back(std::clamp(count, 1, largest_sensible_team(one)));
  }
  return threads;
}

std::vector<std::string> thread_warnings(const std::vector<Placement>& placements, const std::vector<int>& threads) {
  struct Load {
    int threads = 0;
    int ranks = 0;
    int cpus = 0;
  };
  std::map<std::string, std::map<std::string, Load>> hosts;
  for (std::size_t rank = 0; rank < placements.size(); ++rank) {
    Load& load = hosts[placements[rank].host][placements[rank].cpus];
    load.threads += threads[rank];
    load.ranks += 1;
    load.cpus = placements[rank].logical_cpus;
  }
  std::vector<std::string> warnings;
  for (const auto& [host, masks] : hosts) {
    for (const auto& [cpus, load] : masks) {
      if (load.threads <= load.cpus) continue;
      std::string text = host + ": " + std::to_string(load.threads) + (load.threads == 1 ? " thread" : " threads") +
                         " of " + std::to_string(load.ranks) + (load.ranks == 1 ? " rank" : " ranks") + " share " +
                         std::to_string(load.cpus) + (load.cpus == 1 ? " CPU" : " CPUs") + " (" + cpus + ")";
      if (load.ranks == 1) text += "; if mpirun bound it there, use --bind-to none or --map-by slot:PE=<threads>";
      warnings.push_back(std::move(text));
      break;
    }
  }
  return warnings;
}

}  // namespace tally::pipeline

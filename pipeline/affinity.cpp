#include "pipeline/affinity.hpp"

#include <omp.h>
#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <set>
#include <sstream>

namespace tally::pipeline {
namespace {

/// The affinity mask of this thread.
std::vector<int> cpus_of_this_thread() {
  // The kernel refuses a set smaller than its own: larger ones are tried until it fits.
  for (std::size_t room = 1024; room <= std::size_t{1} << 20U; room *= 4) {
    cpu_set_t* set = CPU_ALLOC(room);
    if (set == nullptr) break;
    const std::size_t bytes = CPU_ALLOC_SIZE(room);
    std::vector<int> cpus;
    const bool known = sched_getaffinity(0, bytes, set) == 0;
    if (known) {
      for (std::size_t cpu = 0; cpu < room; ++cpu) {
        if (CPU_ISSET_S(cpu, bytes, set)) cpus.push_back(static_cast<int>(cpu));
      }
    }
    CPU_FREE(set);
    if (known && !cpus.empty()) return cpus;
  }
  return {0};
}

void append_place(int place, std::vector<int>& cpus) {
  std::vector<int> more(static_cast<std::size_t>(omp_get_place_num_procs(place)));
  omp_get_place_proc_ids(place, more.data());
  cpus.insert(cpus.end(), more.begin(), more.end());
}

/// Of all threads that OpenMP may start. Where it binds threads (OMP_PROC_BIND), this one's mask is its own place
/// alone: libgomp binds it before main.
std::vector<int> allowed_cpus() {
  std::vector<int> cpus;
  const omp_proc_bind_t bind = omp_get_proc_bind();
  if (bind == omp_proc_bind_master) {
    if (omp_get_place_num() >= 0) append_place(omp_get_place_num(), cpus);
  } else if (bind != omp_proc_bind_false) {
    for (int place = 0; place < omp_get_num_places(); ++place) append_place(place, cpus);
  }
  if (cpus.empty()) return cpus_of_this_thread();
  std::sort(cpus.begin(), cpus.end());
  cpus.erase(std::unique(cpus.begin(), cpus.end()), cpus.end());
  return cpus;
}

std::string first_line(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  std::getline(file, line);
  return line;
}

/// Hardware threads of one core name the same siblings.
int physical_cores(const std::vector<int>& cpus) {
  std::set<std::string> cores;
  for (const int cpu : cpus) {
    const std::string siblings =
        first_line("/sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/topology/thread_siblings_list");
    cores.insert(siblings.empty() ? "cpu " + std::to_string(cpu) : siblings);
  }
  return static_cast<int>(cores.size());
}

/// CPUs that the quota files of one cgroup folder allow; 0 where they do not limit.
double quota_in(const std::string& folder) {
  double quota = 0.0;
  double period = 0.0;
  if (std::istringstream v2(first_line(folder + "/cpu.max")); v2 >> quota >> period) {
    return quota > 0.0 && period > 0.0 ? quota / period : 0.0;
  }
  std::istringstream v1(first_line(folder + "/cpu.cfs_quota_us") + " " + first_line(folder + "/cpu.cfs_period_us"));
  return v1 >> quota >> period && quota > 0.0 && period > 0.0 ? quota / period : 0.0;
}

/// The smallest quota of this process's cgroup and those above it, in version 2 or 1.
double cgroup_quota() {
  double smallest = 0.0;
  std::ifstream groups("/proc/self/cgroup");
  for (std::string line; std::getline(groups, line);) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string::npos || second == std::string::npos) continue;
    const std::string controllers = line.substr(first + 1, second - first - 1);
    const bool version2 = controllers.empty();
    if (!version2 && controllers.find("cpu") == std::string::npos) continue;
    const std::string mount = version2 ? "/sys/fs/cgroup" : "/sys/fs/cgroup/cpu";
    for (std::string path = line.substr(second + 1);; path.resize(path.rfind('/'))) {
      const double quota = quota_in(mount + (path == "/" ? "" : path));
      if (quota > 0.0) smallest = smallest == 0.0 ? quota : std::min(smallest, quota);
      if (path.find('/') == std::string::npos) break;
    }
  }
  return smallest;
}

/// The first number of OMP_NUM_THREADS (a list gives the nested levels too).
int omp_num_threads() {
  const char* text = std::getenv("OMP_NUM_THREADS");
  if (text == nullptr) return 0;
  const std::string value(text);
  int threads = 0;
  std::from_chars(value.data(), value.data() + value.size(), threads);
  return std::max(0, threads);
}

}  // namespace

std::string cpu_list(const std::vector<int>& cpus) {
  std::string text;
  for (std::size_t i = 0; i < cpus.size();) {
    std::size_t end = i;
    while (end + 1 < cpus.size() && cpus[end + 1] == cpus[end] + 1) ++end;
    if (!text.empty()) text += ',';
    text += std::to_string(cpus[i]);
    if (end > i) text += "-" + std::to_string(cpus[end]);
    i = end + 1;
  }
  return text;
}

Placement this_placement() {
  Placement placement;
  std::array<char, 256> name{};
  if (gethostname(name.data(), name.size() - 1) == 0) placement.host = name.data();
  const std::vector<int> cpus = allowed_cpus();
  placement.cpus = cpu_list(cpus);
  placement.logical_cpus = static_cast<int>(cpus.size());
  placement.physical_cores = physical_cores(cpus);
  placement.cpu_quota = cgroup_quota();
  placement.omp_num_threads = omp_num_threads();
  if (omp_get_thread_limit() < std::numeric_limits<int>::max()) placement.thread_limit = omp_get_thread_limit();
  return placement;
}

}  // namespace tally::pipeline

// Where this process runs: host, CPUs it may use, its share of them. Local; reads /proc, /sys and the environment, and
// asks OpenMP, which starts it: nothing that uses OpenMP in a forked child may come later (kernel_choice.hpp does).
#pragma once

#include <string>
#include <vector>

#include "pipeline/thread_plan.hpp"

namespace tally::pipeline {

/// Never fails: what cannot be read counts as not limited.
Placement this_placement();

/// {0, 1, 2, 3, 8} -> "0-3,8".
std::string cpu_list(const std::vector<int>& cpus);

}  // namespace tally::pipeline

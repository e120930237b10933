// What the launcher (mpirun, srun) says about this process in the environment, before MPI is asked.
#pragma once

#include <functional>
#include <optional>
#include <string>

namespace tally::pipeline {

/// Reads a variable; nothing where it is unset. A function, so that tests need no environment.
using Environment = std::function<std::optional<std::string>(const char* name)>;
Environment process_environment();

/// The rank this process will have, as far as the launcher says; 0 where it says nothing.
int launched_rank(const Environment& environment);

/// Whether a launcher that knows MPI started this process, alone or with others.
bool launched(const Environment& environment);

/// How many processes the launcher started with this one, this one included; 1 where it says nothing.
int launched_processes(const Environment& environment);

/// Why a world of one rank is not what the launcher started: a line for the user where srun or another MPI's mpirun
/// started several processes that do not know of each other (each would evaluate everything), else nothing.
std::optional<std::string> separate_processes(const Environment& environment, int world_size);

}  // namespace tally::pipeline

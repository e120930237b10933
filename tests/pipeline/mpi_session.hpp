// The MPI session of a test binary that runs under mpirun, the same object in every test.
#pragma once

#include "pipeline/mpi.hpp"

namespace tally::pipeline {

/// Tests wait no longer than this for another rank.
inline constexpr double test_stall_seconds = 30.0;

/// Valid from main's start to its end, on every rank.
const MpiSession& session();

}  // namespace tally::pipeline

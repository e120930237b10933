// A step that only the root takes, while the other ranks wait without losing patience.
#pragma once

#include <functional>

#include "pipeline/mpi.hpp"

namespace tally::pipeline {

/// Collective. The root runs `step` in a thread of its own (it must not use MPI) and meanwhile tells the others every
/// second, or four times in stall_seconds, that it is at work: opening a large model or writing results to a slow disk
/// may take longer than any stall timeout. They return when the step has ended. On the root, what it threw is thrown.
/// Error on the others where nothing was heard for stall_seconds.
///
///   root -> each: 0 (at work) ... 0, 1 (ended)
void run_on_root(const MpiSession& session, const std::function<void()>& step, double stall_seconds);

}  // namespace tally::pipeline

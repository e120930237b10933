// What all ranks agree on before the work starts: who runs where, with how many threads, on which kernels.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pipeline/kernel_choice.hpp"
#include "pipeline/mpi.hpp"
#include "pipeline/thread_plan.hpp"

namespace tally::pipeline {

/// Of the program that a rank runs: ranks that differ would not compute the same bits.
struct Versions {
  std::string tally;  // with its revision
  std::string blis;
  friend bool operator==(const Versions&, const Versions&) = default;
};

/// Of this program.
Versions this_version();

/// What one rank brings to the agreement.
struct Introduction {
  Placement placement;
  KernelChoice kernels;  // for its CPU and environment
  std::string error;     // why it cannot take part; empty where it can
  Versions versions = this_version();
};

struct Agreement {
  std::vector<Placement> placements;    // by rank
  std::vector<int> threads;             // by rank
  BlisConfiguration blis;               // the one every rank will use
  VectorIsa isa = VectorIsa::baseline;  // likewise
  std::vector<std::string> warnings;
  std::string error;  // of the first rank that cannot take part, or runs another program than the root
};

/// Pure: what follows from the introductions of all ranks, in order of rank.
Agreement agree(const std::vector<Introduction>& introductions, std::optional<int> requested_threads);

/// Collective. Every rank gets the same agreement.
Agreement agree(const MpiSession& session, const Introduction& mine, std::optional<int> requested_threads,
                double stall_seconds);

}  // namespace tally::pipeline

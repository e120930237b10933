// A model from the root to every rank. Collective.
#pragma once

#include "kernels/model.hpp"
#include "pipeline/mpi.hpp"

namespace tally::pipeline {

/// Every rank ends with the root's model; what the others passed in is replaced. The weights travel from the root's
/// vectors into those of the others: no rank holds them twice.
void broadcast_model(const MpiSession& session, Model& model, double stall_seconds);

}  // namespace tally::pipeline

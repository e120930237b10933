// Shards and results as MPI messages, without waiting for any of them.
#pragma once

#include <deque>
#include <span>
#include <vector>

#include "pipeline/mpi.hpp"
#include "pipeline/shard.hpp"

namespace tally::pipeline {

/// Starts to send a shard's header, and its payload where `shard` is not null. Both must stay until `requests` are
/// completed, to which it adds.
void start_send(const MpiSession& session, int rank, const ShardHeader& header, Shard* shard,
                std::vector<MPI_Request>& requests);

/// Starts to receive a payload from the root.
void start_receive(const MpiSession& session, std::span<std::byte> payload, std::vector<MPI_Request>& requests);

/// Whether all of them are completed, which are MPI_REQUEST_NULL then.
bool all_completed(std::vector<MPI_Request>& requests);

}  // namespace tally::pipeline

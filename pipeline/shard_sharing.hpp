// Which ranks read the root's shards where they lie, instead of having them sent.
#pragma once

#include <optional>
#include <vector>

#include "pipeline/mpi.hpp"
#include "pipeline/shared_memory.hpp"

namespace tally::pipeline {

struct ShardSharing {
  std::optional<SharedMemory> memory;  // root only; its bytes() is empty where no rank shares it
  std::vector<bool> ranks;             // root only: by rank, whether it sees the memory
  std::optional<SharedView> view;      // other ranks; bytes() is empty where it does not
};

/// Collective. The root takes `bytes` bytes (see SharedMemory) and every rank that is a candidate, because it may run
/// on the same machine, tries to see them.
void share_shards(const MpiSession& session, std::size_t bytes, bool candidate, double stall_seconds,
                  ShardSharing& sharing);

}  // namespace tally::pipeline

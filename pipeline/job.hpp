// What every rank must know, beside the model, to evaluate shards: the root makes it, the others receive it.
#pragma once

#include <optional>
#include <string>

#include "io/chunk_grid.hpp"
#include "kernels/input.hpp"
#include "pipeline/memory_plan.hpp"
#include "pipeline/shard_plan.hpp"

namespace tally::pipeline {

struct Job {
  Index inputs = 0;
  Index classes = 0;
  InputTransform transform;
  StoredType type = StoredType::float32;
  /// How to decode chunks that travel as they are stored; nothing where rows travel dense.
  std::optional<io::ChunkGrid> chunks;
  bool ranks_read = false;     // --reader each: shards are row ranges, which ranks read for themselves
  bool predictions = false;    // send per-sample predictions and confidences back
  bool probabilities = false;  // and probabilities
  double stall_seconds = 300.0;
  ShardRequest shards;   // how the rows are cut
  MemoryRequest limits;  // what there is room for
  MemoryPlan memory;     // what follows from both: not sent, every rank computes it

  Index bytes_per_row() const { return inputs * static_cast<Index>(size_of(type)); }
};

std::string to_bytes(const Job& job);
Job job_from_bytes(std::string_view bytes);

}  // namespace tally::pipeline

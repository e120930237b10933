// What every rank must know, beside the model, to evaluate shards: the root makes it, the others receive it.
#pragma once

#include <string>

#include "kernels/input.hpp"
#include "pipeline/shard_plan.hpp"

namespace tally::pipeline {

struct Job {
  Index inputs = 0;
  Index classes = 0;
  InputTransform transform;
  StoredType type = StoredType::float32;
  ShardRequest shards;         // how the rows are cut
  bool predictions = false;    // send per-sample predictions and confidences back
  bool probabilities = false;  // and probabilities
  double stall_seconds = 300.0;

  Index bytes_per_row() const { return inputs * static_cast<Index>(size_of(type)); }
};

std::string to_bytes(const Job& job);
Job job_from_bytes(std::string_view bytes);

}  // namespace tally::pipeline

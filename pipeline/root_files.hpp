// Everything of an evaluation that only the root has: files in, files out, and the job that follows from them.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "io/atomic_file.hpp"
#include "io/dataset.hpp"
#include "io/model_file.hpp"
#include "io/predictions.hpp"
#include "pipeline/command_line.hpp"
#include "pipeline/job.hpp"

namespace tally::pipeline {

/// The dataset with a cache of half the rows' memory: the other half is for shards.
io::DatasetReader open_dataset(const EvaluateOptions& options);

struct RootFiles {
  io::ModelFile model;
  std::unique_ptr<io::DatasetReader> reader;
  std::optional<io::AtomicFile> report;
  std::unique_ptr<io::PredictionWriter> predictions;
  RowRange rows;
  Job job;  // what can be said before the network is packed and the threads are known

  /// Reserves the outputs, reads the model, opens the dataset, checks that they fit each other. Throws Error.
  RootFiles(const EvaluateOptions& options, int ranks);
};

/// What a user should know before the work starts: memory beyond the limit, chunks that have to be inflated again and
/// again. One line each.
std::vector<std::string> memory_warnings(const Job& job, const io::DatasetInfo& data);

}  // namespace tally::pipeline

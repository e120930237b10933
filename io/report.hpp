// The JSON report of an evaluation.
#pragma once

#include <string>
#include <vector>

#include "io/dataset.hpp"
#include "io/model_file.hpp"
#include "kernels/counts.hpp"

namespace tally::io {

/// How the evaluation was run; nothing here touches the result part.
struct RunFacts {
  std::string command;
  std::string version;
  std::string started_at;  // UTC, ISO 8601
  int ranks = 1;
  std::vector<int> threads_per_rank;
  std::vector<std::string> hosts;
  Index batch_size = 0;
  std::string reader = "root";
  std::string blis_configuration;
  std::string vector_isa;
};

/// Of a figure that every rank has.
struct Spread {
  double min = 0.0;
  double mean = 0.0;
  double max = 0.0;
};

/// Where the time went, in seconds, over ranks.
struct PhaseSeconds {
  Spread read;     // the reader: files to memory, with whatever HDF5 has to decode
  Spread send;     // with shards on their way, as the root and as the rank see it
  Spread inflate;  // mean of a rank's threads
  Spread compute;  // likewise
  Spread wait;     // likewise: asleep, without rows
  Spread reduce;   // the final reduction
};

struct PerformanceFacts {
  double wall_seconds = 0.0;     // the root's first read of data to the reduced result
  double startup_seconds = 0.0;  // MPI_Init to that read
  double output_seconds = 0.0;   // committing the output files other than the report
  Index rows = 0;
  std::uint64_t bytes_read = 0;
  std::uint64_t bytes_sent = 0;
  std::uint64_t peak_rss_bytes = 0;  // the largest over ranks
  double flops = 0.0;                // of the forward passes of this run
  PhaseSeconds phases;
  std::vector<Index> shards_per_rank;
  std::vector<Index> rows_per_rank;
  std::string bottleneck;  // a sentence
};

/// The report as DESIGN.md lists it, with the keys that exist so far. The result part (all but run, performance and
/// warnings) comes first and is a function of model, data and counts alone. Undefined numbers are null; doubles are
/// written with digits that read back to the same bits. `threads_per_rank` is the one number where all ranks have it,
/// else a list by rank. A layer's `activation` is what --activation would say, or the bare name where slopes are per
/// unit. Bytes of a path that are no UTF-8 become U+FFFD. Ends in a newline.
std::string report_json(const ModelFile& model, const DatasetInfo& data, const Counts& counts, const RunFacts& run,
                        const PerformanceFacts& performance, const std::vector<std::string>& warnings);

}  // namespace tally::io

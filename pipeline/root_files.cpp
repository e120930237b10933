#include "pipeline/root_files.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <new>

#include "io/chunk_decoder.hpp"
#include "io/output_paths.hpp"
#include "io/raw_rows.hpp"
#include "pipeline/result.hpp"
#include "pipeline/shard.hpp"
#include "pipeline/summary.hpp"

namespace tally::pipeline {
namespace {

/// The rows that --first-row and --limit leave.
RowRange rows_to_evaluate(const EvaluateOptions& options, const io::DatasetInfo& data) {
  if (options.first_row >= data.rows) {
    throw Error(data.file + ": " + data.inputs_path + ": --first-row " + std::to_string(options.first_row) +
                " is past the end: there are " + std::to_string(data.rows) + " rows");
  }
  const Index left = data.rows - options.first_row;
  return {options.first_row, std::min(left, options.limit.value_or(left))};
}

void check_data_fits_model(const io::DatasetInfo& data, const io::ModelFile& file) {
  const Model& model = file.model;
  if (data.inputs != model.inputs()) {
    throw Error(data.file + ": " + data.inputs_path + ": rows of " + std::to_string(data.inputs) + " inputs (" +
                row_shape_string(data) + "), but the first layer of " + file.file + " takes " +
                std::to_string(model.inputs()));
  }
  if (data.one_hot_classes != 0 && data.one_hot_classes != model.classes()) {
    throw Error(data.file + ": " + data.labels_path + ": one-hot labels of " + std::to_string(data.one_hot_classes) +
                " classes, but " + file.file + " knows " + std::to_string(model.classes()));
  }
}

io::ModelFile read_model(const EvaluateOptions& options) {
  try {
    return io::read_model(options.model, options.activations);
  } catch (const std::bad_alloc&) {
    throw Error(options.model + ": the model does not fit into memory");
  }
}

/// "512 B", "1.5 MiB".
std::string bytes_text(Index bytes) {
  constexpr const char* units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
  auto size = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; size >= 1024.0 && unit + 1 < std::size(units); ++unit) size /= 1024.0;
  return fmt::format("{:.4g} {}", size, units[unit]);
}

BandBytes band_bytes(const io::ChunkGrid& grid) {
  return {grid.rows_per_band(), static_cast<Index>(io::most_raw_bytes(grid, 1)), static_cast<Index>(grid.band_bytes()),
          static_cast<Index>(io::scratch_bytes(grid))};
}

/// Memory, and whether chunks travel as they are stored.
void plan_limits(Job& job, const EvaluateOptions& options, const io::DatasetReader& reader) {
  const io::DatasetInfo& data = reader.info();
  job.limits.limit = options.buffer_bytes;
  job.limits.reader = static_cast<Index>(data.cache_bytes);
  const Index beside = label_bytes(job.classes) + Index{sizeof(std::int64_t)} + result_bytes_per_row(job);
  job.limits.row = job.bytes_per_row() + beside;
  job.limits.results = job.predictions;
  if (reader.plain() != nullptr) {
    job.limits.plain_row = job.bytes_per_row();
    job.limits.reader = static_cast<Index>(data.label_cache_bytes);
  }
  job.shards.by_the_shard = !data.whole_bands;
  if (reader.chunks() == nullptr) return;
  MemoryRequest travelling = job.limits;
  travelling.band = band_bytes(*reader.chunks());
  if (!chunks_should_travel(travelling, reader.chunks()->chunks_per_band(), reader.chunks()->bands())) return;
  travelling.row = beside;
  travelling.reader = static_cast<Index>(data.label_cache_bytes);
  job.limits = travelling;
  job.chunks = *reader.chunks();
  job.shards.by_the_shard = false;
}

}  // namespace

io::DatasetReader open_dataset(const EvaluateOptions& options) {
  io::DatasetRequest request = options.data;
  request.cache_limit = static_cast<std::uint64_t>(options.buffer_bytes) / 2;
  return io::DatasetReader(request);
}

RootFiles::RootFiles(const EvaluateOptions& options, int ranks) {
  io::check_output_paths({options.model, options.data.file}, {options.report, options.predictions});
  if (!options.report.empty()) report.emplace(options.report);
  if (!options.predictions.empty()) predictions = std::make_unique<io::PredictionWriter>(options.predictions);
  model = read_model(options);
  reader = std::make_unique<io::DatasetReader>(open_dataset(options));
  const io::DatasetInfo& data = reader->info();
  check_data_fits_model(data, model);
  rows = rows_to_evaluate(options, data);
  job.inputs = model.model.inputs();
  job.classes = model.model.classes();
  job.transform = {data.scale, data.offset};
  job.type = data.type;
  job.ranks_read = options.ranks_read;
  job.predictions = predictions != nullptr;
  job.probabilities = options.probabilities;
  job.stall_seconds = options.stall_seconds;
  job.shards.rows = rows;
  job.shards.flops_per_row = model.model.flops_per_sample();
  job.shards.batch_size = options.batch_size;
  job.shards.ranks = ranks;
  plan_limits(job, options, *reader);
  if (predictions) {
    const bool part = rows.count != data.rows;
    predictions->open({rows.count, job.classes, job.probabilities, part, rows.first});
  }
}

std::vector<std::string> memory_warnings(const Job& job, const io::DatasetInfo& data) {
  std::vector<std::string> warnings;
  const Index needed = job.memory.root_bytes;
  if (needed > job.limits.limit + job.limits.limit / 100) {
    const Index chunk_rows = std::max<Index>(1, job.limits.band.rows);
    std::string what = "a row takes " + bytes_text(job.limits.row + job.limits.band.stored / chunk_rows);
    if (data.chunk_bytes > 0) what += ", a chunk " + bytes_text(static_cast<Index>(data.chunk_bytes));
    if (job.limits.reader > 0) what += ", what HDF5 decodes at a time " + bytes_text(job.limits.reader);
    warnings.push_back(fmt::format("rows on their way may take {} in a rank, more than --buffer-memory ({}): {}",
                                   bytes_text(needed), bytes_text(job.limits.limit), what));
  }
  if (job.shards.by_the_shard) {
    const Index chunk_rows = std::max<Index>(1, data.chunk_rows);
    warnings.push_back(fmt::format(
        "{}: {}: each chunk of {} rows will be decoded up to {} times, since the chunks of a row do not fit into the "
        "memory for rows: a larger --buffer-memory would help",
        data.file, data.inputs_path, chunk_rows, (chunk_rows + job.memory.shard_rows - 1) / job.memory.shard_rows + 1));
  }
  return warnings;
}

}  // namespace tally::pipeline

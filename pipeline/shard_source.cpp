#include "pipeline/shard_source.hpp"

namespace tally::pipeline {

DatasetShardSource::DatasetShardSource(const io::DatasetReader& reader, const ShardRequest& request, Index classes)
    : reader_(reader),
      rows_(request.rows),
      plan_(request),
      bytes_per_row_(reader.info().inputs * static_cast<Index>(size_of(reader.info().type))),
      classes_(classes) {}

bool DatasetShardSource::next(ShardMessage& shard) {
  const auto rows = plan_.next();
  if (!rows) return false;
  shard.reset(ShardKind::rows, *rows, bytes_per_row_);
  reader_.read_labels(rows->first, shard.labels());
  check_labels(*rows, shard.labels());
  reader_.read_inputs(rows->first, rows->count, shard.inputs());
  return true;
}

void DatasetShardSource::check_labels(const RowRange& rows, std::span<const std::int64_t> labels) const {
  for (std::size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] >= 0 && labels[i] < classes_) continue;
    throw Error(reader_.info().file + ": " + reader_.info().labels_path + ": row " +
                std::to_string(rows.first + static_cast<Index>(i)) + " has the label " + std::to_string(labels[i]) +
                ", but the model knows the classes 0 to " + std::to_string(classes_ - 1));
  }
}

}  // namespace tally::pipeline

#include "pipeline/shard_source.hpp"

#include <algorithm>

namespace tally::pipeline {

void DatasetShardSource::read(Shard& shard, const RowRange& rows, Index body_bytes) {
  shard.reset(rows, label_bytes(job_.classes), body_bytes);
  reader_.read_labels(rows.first, shard.labels());
  check_labels(rows, shard.labels());
}

void DatasetShardSource::read(Shard& shard, const RowRange& rows) {
  if (job_.chunks) {
    read(shard, rows, static_cast<Index>(reader_.raw_bytes_bound(rows.first, rows.count)));
    shard.set_body_bytes(static_cast<Index>(reader_.read_chunks(rows.first, rows.count, shard.room())));
  } else {
    read(shard, rows, rows.count * job_.bytes_per_row());
    reader_.read_inputs(rows.first, rows.count, shard.room());
  }
}

void DatasetShardSource::read_labels(Shard& shard, const RowRange& rows) {
  // So that the disk is at work while the threads are.
  if (reader_.plain() != nullptr) reader_.plain()->will_need(rows.first, rows.count);
  read(shard, rows, 0);
}

void DatasetShardSource::check_labels(const RowRange& rows, std::span<const std::int64_t> labels) const {
  const auto wrong = std::ranges::find_if(labels, [this](auto label) { return label < 0 || label >= job_.classes; });
  if (wrong == labels.end()) return;
  throw Error(reader_.info().file + ": " + reader_.info().labels_path + ": row " +
              std::to_string(rows.first + (wrong - labels.begin())) + " has the label " + std::to_string(*wrong) +
              ", but the model knows the classes 0 to " + std::to_string(job_.classes - 1));
}

}  // namespace tally::pipeline

// Where shards come from.
#pragma once

#include "io/dataset.hpp"
#include "pipeline/message.hpp"
#include "pipeline/shard_plan.hpp"

namespace tally::pipeline {

/// Hands out shards in order of rows. Local; one thread.
class ShardSource {
 public:
  virtual ~ShardSource() = default;
  /// Fills `shard` with the next rows; false where there are none left. Throws Error.
  virtual bool next(ShardMessage& shard) = 0;
  /// All rows that next() hands out in the end.
  virtual RowRange rows() const = 0;
};

/// Shards read from an HDF5 dataset, a hyperslab each. Labels are checked against the classes: Error that names file,
/// dataset, row, label and classes.
class DatasetShardSource : public ShardSource {
 public:
  DatasetShardSource(const io::DatasetReader& reader, const ShardRequest& request, Index classes);
  bool next(ShardMessage& shard) override;
  RowRange rows() const override { return rows_; }

 private:
  void check_labels(const RowRange& rows, std::span<const std::int64_t> labels) const;

  const io::DatasetReader& reader_;
  RowRange rows_;
  ShardPlan plan_;
  Index bytes_per_row_;
  Index classes_;
};

}  // namespace tally::pipeline

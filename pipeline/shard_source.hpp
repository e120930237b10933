// Where the rows of shards come from.
#pragma once

#include "io/dataset.hpp"
#include "pipeline/job.hpp"
#include "pipeline/shard.hpp"

namespace tally::pipeline {

/// Fills shards. Local; one thread.
class ShardSource {
 public:
  virtual ~ShardSource() = default;
  /// Fills `shard` with these rows and their labels. Throws Error.
  virtual void read(Shard& shard, const RowRange& rows) = 0;
  /// The same without the rows, which plain() will give to whoever wants them.
  virtual void read_labels(Shard& shard, const RowRange& rows) = 0;
  /// Where any thread can read rows for itself; null where none can.
  virtual const io::PlainRows* plain() const { return nullptr; }
};

/// Shards read from an HDF5 dataset: a hyperslab each or, where the job lets chunks travel, the chunks that hold the
/// rows as they are stored. Labels are checked against the classes: Error that names file, dataset, row, label and
/// classes.
class DatasetShardSource : public ShardSource {
 public:
  /// Both must outlive it.
  DatasetShardSource(const io::DatasetReader& reader, const Job& job) : reader_(reader), job_(job) {}
  void read(Shard& shard, const RowRange& rows) override;
  void read_labels(Shard& shard, const RowRange& rows) override;
  const io::PlainRows* plain() const override { return reader_.plain(); }

 private:
  void read(Shard& shard, const RowRange& rows, Index body_bytes);
  void check_labels(const RowRange& rows, std::span<const std::int64_t> labels) const;

  const io::DatasetReader& reader_;
  const Job& job_;
};

}  // namespace tally::pipeline

// Shards made up on the spot, for tests of the scatter: row i's content is a function of i, and so is its result.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "kernels/network.hpp"
#include "pipeline/shard_source.hpp"

namespace tally::pipeline {

/// Row i has the uint8 inputs (i % 4, 1) and the label i % 3. With made_model, the logit of class k is largest at
/// k = i % 4, so that the row is predicted i % 4 and is correct where i % 3 == i % 4.
inline std::uint8_t made_input(Index row) { return static_cast<std::uint8_t>(row % 4); }
inline std::int64_t made_label(Index row) { return row % 3; }
inline std::int32_t made_prediction(Index row) { return static_cast<std::int32_t>(row % 4); }
inline bool made_correct(Index row) { return made_label(row) == made_prediction(row); }

/// 2 inputs, 4 classes: a_k = 2 k x - k^2, whose largest is at k = x (it is x^2 - (x - k)^2).
inline Model made_model() {
  Layer layer;
  layer.inputs = 2;
  layer.outputs = 4;
  layer.weights = {0.0F, 2.0F, 4.0F, 6.0F, 0.0F, -1.0F, -4.0F, -9.0F};
  layer.bias = {0.0F, 0.0F, 0.0F, 0.0F};
  layer.activation = {ActivationKind::softmax, 0.0F, 0.0F, 1};
  return {{layer}};
}

/// The same, ready to run.
inline const Network& made_network() {
  static const Network network(made_model());
  return network;
}

inline ShardRequest made_request(const RowRange& rows, Index batch_size, int ranks) {
  ShardRequest request;
  request.rows = rows;
  request.batch_size = batch_size;
  request.ranks = ranks;
  return request;
}

inline Job made_job(const ShardRequest& request, double stall_seconds, Index buffer_bytes = Index{128} << 20) {
  Job job;
  job.inputs = 2;
  job.classes = 4;
  job.type = StoredType::uint8;
  job.shards = request;
  job.predictions = true;
  job.probabilities = true;
  job.stall_seconds = stall_seconds;
  job.limits.limit = buffer_bytes;
  job.limits.row = 2 + Index{sizeof(std::int64_t)};
  job.memory = plan_memory(job.limits, job.shards);
  return job;
}

/// Made rows [rows.first, rows.end()) in a file, which is gone with the last reader.
inline std::unique_ptr<io::PlainRows> made_plain_rows(const RowRange& rows) {
  std::string name = testing::TempDir() + "tally_plain_XXXXXX";
  const int descriptor = mkstemp(name.data());
  unlink(name.c_str());
  std::string bytes;
  for (Index row = rows.first; row < rows.end(); ++row) bytes.append({static_cast<char>(made_input(row)), 1});
  EXPECT_EQ(write(descriptor, bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
  // No file holds the rows before them; unsigned numbers come back where they began.
  const std::uint64_t offset = 0 - 2 * static_cast<std::uint64_t>(rows.first);
  const std::vector<io::PlainPart> parts{{0, rows.end(), std::make_shared<io::PlainFile>(descriptor), offset}};
  return std::make_unique<io::PlainRows>("made", parts, 2);
}

class MadeShards : public ShardSource {
 public:
  explicit MadeShards(const Job& job) : job_(job) {}

  /// From now on there are plain rows.
  void use_plain(const io::PlainRows* plain) { plain_ = plain; }
  const io::PlainRows* plain() const override { return plain_; }

  /// From now on the source fails after so many shards.
  void fail_after(Index shards) { shards_left_ = shards; }
  /// Each shard takes so long to read.
  void slow_down(std::chrono::microseconds each) { each_ = each; }

  void read(Shard& shard, const RowRange& rows) override {
    if (shards_left_ && (*shards_left_)-- == 0) throw Error("made.h5: cannot read on");
    if (each_.count() > 0) std::this_thread::sleep_for(each_);
    shard.reset(rows, label_bytes(job_.classes), rows.count * 2);
    make_labels(shard);
    for (Index i = 0; i < rows.count; ++i) {
      const std::uint8_t inputs[2] = {made_input(rows.first + i), 1};
      std::memcpy(shard.room().data() + 2 * i, inputs, sizeof inputs);
    }
    ++shards_;
  }
  void read_labels(Shard& shard, const RowRange& rows) override {
    if (plain_ == nullptr) throw Error("never asked for");
    if (shards_left_ && (*shards_left_)-- == 0) throw Error("made.h5: cannot read on");
    shard.reset(rows, label_bytes(job_.classes), 0);
    make_labels(shard);
    ++label_shards_;
  }

  Index shards() const { return shards_; }
  /// Those of which it has read the labels alone.
  Index label_shards() const { return label_shards_; }

 private:
  static void make_labels(Shard& shard) {
    for (std::size_t i = 0; i < shard.labels().size(); ++i)
      shard.labels()[i] = made_label(shard.rows().first + static_cast<Index>(i));
  }

  const Job& job_;
  const io::PlainRows* plain_ = nullptr;
  std::atomic<Index> label_shards_ = 0;
  std::chrono::microseconds each_{0};
  std::atomic<Index> shards_ = 0;
  std::optional<Index> shards_left_;
};

}  // namespace tally::pipeline

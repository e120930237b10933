// The two messages of the scatter: a shard on its way to a rank, and its results on the way back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "pipeline/byte_buffer.hpp"
#include "pipeline/job.hpp"
#include "pipeline/row_range.hpp"

namespace tally::pipeline {

enum class ShardKind : std::int64_t {
  rows,    // evaluate these
  done,    // no more rows: go on to the reduction
  failed,  // the job has failed: end
};

/// Root to rank: [kind, first, count : int64][labels : int64 x count][inputs : stored type, count x bytes_per_row].
class ShardMessage {
 public:
  /// A shard of `rows`, its labels and inputs still to be filled in. Reuses the memory of earlier shards.
  void reset(ShardKind kind, const RowRange& rows, Index bytes_per_row);
  /// Room for a message of up to `rows` rows, to receive into.
  void reserve(Index rows, Index bytes_per_row);
  /// After receiving `bytes` bytes: checks that they are a whole message. Throws Error otherwise.
  void received(std::size_t bytes, Index bytes_per_row);

  ShardKind kind() const;
  RowRange rows() const;
  std::span<std::int64_t> labels();
  std::span<std::byte> inputs();
  std::span<std::byte> bytes() { return {buffer_.data(), size_}; }
  std::span<std::byte> capacity() { return {buffer_.data(), buffer_.size()}; }

 private:
  std::int64_t word(std::size_t index) const;
  ByteBuffer buffer_;
  std::size_t size_ = 0;
};

/// Bytes of one row's results, as far as the job asks for them.
Index result_bytes_per_row(const Job& job);

/// Rank to root: [first, count, failed : int64], then either the text of an error or, where the job asks for them,
/// [predicted : int32 x count][confidence : float32 x count][probabilities : float32 x count x classes].
class ResultMessage {
 public:
  /// Results of `rows`, to be filled in through predicted(), confidence(), probabilities().
  void reset(const RowRange& rows, const Job& job);
  /// A failure to evaluate `rows`.
  void reset_failed(const RowRange& rows, const std::string& error);
  /// Room for `bytes` bytes, to receive into.
  void resize(std::size_t bytes);
  /// After receiving: checks the length. Throws Error otherwise.
  void received(const Job& job);

  RowRange rows() const;
  bool failed() const;
  std::string error() const;
  std::span<std::int32_t> predicted();
  std::span<float> confidence();
  std::span<float> probabilities();
  std::span<std::byte> bytes() { return buffer_; }

 private:
  std::int64_t word(std::size_t index) const;
  void set_header(const RowRange& rows, bool failed);
  std::vector<std::byte> buffer_;
  std::size_t predicted_count_ = 0;
  std::size_t probability_count_ = 0;
};

}  // namespace tally::pipeline

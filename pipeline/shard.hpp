// A shard: some rows and their labels, on their way from the file to the threads that compute them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "pipeline/byte_buffer.hpp"
#include "pipeline/row_range.hpp"

namespace tally::pipeline {

enum class ShardKind : std::int64_t {
  rows,    // evaluate these
  wait,    // nothing yet; the root is alive
  done,    // no more rows: go on to the reduction
  failed,  // the job has failed: end
};

/// What announces a shard to a rank. Of `rows`, a payload of `bytes` bytes follows; 0 where ranks read for themselves.
struct ShardHeader {
  ShardKind kind = ShardKind::rows;
  Index first = 0;
  Index count = 0;
  Index bytes = 0;

  RowRange rows() const { return {first, count}; }
};

/// Bytes of a label as it travels: the least that hold every class, and some negative numbers.
constexpr Index label_bytes(Index classes) {
  if (classes <= INT8_MAX) return 1;
  if (classes <= INT16_MAX) return 2;
  return classes <= INT32_MAX ? 4 : 8;
}

/// Payload: [labels : label_bytes x count, padded to 64 bytes][body]. The body is the rows: dense in their stored type,
/// or the chunks that hold them (io/raw_rows.hpp). Memory is kept from one shard to the next.
class Shard {
 public:
  /// To be filled: labels() and up to `body_bytes` bytes of body().
  void reset(const RowRange& rows, Index label_bytes, Index body_bytes);
  /// How much of the body is used, at most what reset() was told.
  void set_body_bytes(Index bytes);
  /// To be received: payload() is what will arrive. Error where that cannot hold the labels.
  void reset_received(const ShardHeader& header, Index label_bytes);

  const RowRange& rows() const { return rows_; }
  ShardHeader header() const { return {ShardKind::rows, rows_.first, rows_.count, payload_bytes_}; }
  /// Class indices.
  std::span<std::int64_t> labels() { return labels_; }
  std::span<std::byte> body();
  std::span<std::byte> payload() { return {payload_.data(), static_cast<std::size_t>(payload_bytes_)}; }

  /// Labels into the payload, before it is sent. Precondition: each fits.
  void pack_labels();
  /// And back, once it is received.
  void unpack_labels();

 private:
  RowRange rows_;
  Index label_bytes_ = 1;
  Index body_offset_ = 0;
  Index payload_bytes_ = 0;
  ByteBuffer payload_;
  std::vector<std::int64_t> labels_;
};

}  // namespace tally::pipeline

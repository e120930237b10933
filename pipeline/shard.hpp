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
  range,   // the same, but read them for yourself; the labels, too, unless these follow as a payload
  wait,    // nothing yet; the root is alive
  done,    // no more rows: go on to the reduction
  failed,  // the job has failed: end
};

/// What announces a shard to a rank. Of `rows`, a payload of `bytes` bytes follows, unless it lies in the root's shared
/// memory.
struct ShardHeader {
  ShardKind kind = ShardKind::rows;
  Index first = 0;
  Index count = 0;
  Index bytes = 0;
  Index shared_at = -1;  // where in the shared memory; -1: it is sent

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
  Shard() = default;
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  /// To be filled: labels() and up to `body_bytes` bytes of room().
  void reset(const RowRange& rows, Index label_bytes, Index body_bytes);
  /// How much of the body is used, at most what reset() was told.
  void set_body_bytes(Index bytes);
  /// To be received: payload() is what will arrive. Error where that cannot hold the labels.
  void reset_received(const ShardHeader& header, Index label_bytes);
  /// To be read where it lies, in memory that the root shares. Error likewise, and where it does not lie in there.
  void reset_shared(const ShardHeader& header, Index label_bytes, std::span<const std::byte> shared);

  /// From now on payloads that fit lie in this memory, which begins at `at` of what the root shares.
  void use_shared(std::span<std::byte> memory, Index at);

  const RowRange& rows() const { return rows_; }
  ShardHeader header() const;
  /// Whether ranks that see the shared memory can read it there.
  bool shared() const { return payload_ == shared_.data() && !shared_.empty(); }
  /// Class indices.
  std::span<std::int64_t> labels() { return labels_; }
  /// To be written, unless the payload lies in another process's memory.
  std::span<std::byte> payload() { return {payload_, static_cast<std::size_t>(payload_bytes_)}; }
  std::span<std::byte> room() { return payload().subspan(static_cast<std::size_t>(body_offset_)); }
  std::span<const std::byte> body() const;

  /// Labels into the payload, before it is sent. Precondition: each fits.
  void pack_labels();
  /// And back, once it is received.
  void unpack_labels();

 private:
  RowRange rows_;
  Index label_bytes_ = 1;
  Index body_offset_ = 0;
  Index payload_bytes_ = 0;
  std::byte* payload_ = nullptr;
  ByteBuffer own_;               // for payloads that are not in shared memory
  std::span<std::byte> shared_;  // for those that fit
  Index shared_at_ = -1;
  std::vector<std::int64_t> labels_;
};

}  // namespace tally::pipeline

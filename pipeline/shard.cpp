#include "pipeline/shard.hpp"

#include <cstring>
#include <string>

namespace tally::pipeline {
namespace {

template <class T>
void pack(std::span<const std::int64_t> labels, std::byte* to) {
  for (const std::int64_t label : labels) {
    const auto narrow = static_cast<T>(label);
    std::memcpy(to, &narrow, sizeof narrow);
    to += sizeof narrow;
  }
}

template <class T>
void unpack(const std::byte* from, std::span<std::int64_t> labels) {
  for (std::int64_t& label : labels) {
    T narrow;
    std::memcpy(&narrow, from, sizeof narrow);
    label = narrow;  // NOLINT(bugprone-signed-char-misuse): a number, not a character
    from += sizeof narrow;
  }
}

Index body_offset(Index rows, Index label_bytes) {
  constexpr Index line = 64;
  return (rows * label_bytes + line - 1) / line * line;
}

Index body_bytes_of(const ShardHeader& header, Index label_bytes) {
  const Index labels = header.count < 0 ? 0 : body_offset(header.count, label_bytes);
  if (header.count < 0 || header.bytes < labels) {
    throw Error("internal error: a shard of " + std::to_string(header.count) + " rows in " +
                std::to_string(header.bytes) + " bytes");
  }
  return header.bytes - labels;
}

}  // namespace

void Shard::reset(const RowRange& rows, Index label_bytes, Index body_bytes) {
  rows_ = rows;
  label_bytes_ = label_bytes;
  body_offset_ = body_offset(rows.count, label_bytes);
  payload_bytes_ = body_offset_ + body_bytes;
  const auto bytes = static_cast<std::size_t>(payload_bytes_);
  if (bytes <= shared_.size()) {
    payload_ = shared_.data();
  } else {
    own_.grow(bytes);
    payload_ = own_.data();
  }
  labels_.reserve(static_cast<std::size_t>(rows.count));  // no more: resize() alone would take up to twice as much
  labels_.resize(static_cast<std::size_t>(rows.count));
}

void Shard::set_body_bytes(Index bytes) { payload_bytes_ = body_offset_ + bytes; }

void Shard::use_shared(std::span<std::byte> memory, Index at) {
  shared_ = memory;
  shared_at_ = at;
}

ShardHeader Shard::header() const {
  return {ShardKind::rows, rows_.first, rows_.count, payload_bytes_, shared() ? shared_at_ : -1};
}

void Shard::reset_received(const ShardHeader& header, Index label_bytes) {
  reset(header.rows(), label_bytes, body_bytes_of(header, label_bytes));
}

void Shard::reset_shared(const ShardHeader& header, Index label_bytes, std::span<const std::byte> shared) {
  const Index body_bytes = body_bytes_of(header, label_bytes);
  const auto size = static_cast<Index>(shared.size());
  if (header.shared_at < 0 || header.shared_at > size || header.bytes > size - header.shared_at) {
    throw Error("internal error: a shard at " + std::to_string(header.shared_at) + " of " + std::to_string(size) +
                " shared bytes");
  }
  rows_ = header.rows();
  label_bytes_ = label_bytes;
  body_offset_ = body_offset(header.count, label_bytes);
  payload_bytes_ = body_offset_ + body_bytes;
  // Mapped for reading only: nobody writes a payload that was received.
  payload_ = const_cast<std::byte*>(shared.data()) + header.shared_at;  // NOLINT(cppcoreguidelines-pro-type-const-cast)
  labels_.reserve(static_cast<std::size_t>(header.count));
  labels_.resize(static_cast<std::size_t>(header.count));
}

std::span<const std::byte> Shard::body() const {
  return {payload_ + body_offset_, static_cast<std::size_t>(payload_bytes_ - body_offset_)};
}

void Shard::pack_labels() {
  switch (label_bytes_) {
    case 1:
      return pack<std::int8_t>(labels_, payload_);
    case 2:
      return pack<std::int16_t>(labels_, payload_);
    case 4:
      return pack<std::int32_t>(labels_, payload_);
    default:
      return pack<std::int64_t>(labels_, payload_);
  }
}

void Shard::unpack_labels() {
  switch (label_bytes_) {
    case 1:
      return unpack<std::int8_t>(payload_, labels_);
    case 2:
      return unpack<std::int16_t>(payload_, labels_);
    case 4:
      return unpack<std::int32_t>(payload_, labels_);
    default:
      return unpack<std::int64_t>(payload_, labels_);
  }
}

}  // namespace tally::pipeline

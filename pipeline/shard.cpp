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
    label = narrow;
    from += sizeof narrow;
  }
}

Index body_offset(Index rows, Index label_bytes) {
  constexpr Index line = 64;
  return (rows * label_bytes + line - 1) / line * line;
}

}  // namespace

void Shard::reset(const RowRange& rows, Index label_bytes, Index body_bytes) {
  rows_ = rows;
  label_bytes_ = label_bytes;
  body_offset_ = body_offset(rows.count, label_bytes);
  payload_bytes_ = body_offset_ + body_bytes;
  payload_.grow(static_cast<std::size_t>(payload_bytes_));
  labels_.resize(static_cast<std::size_t>(rows.count));
}

void Shard::set_body_bytes(Index bytes) { payload_bytes_ = body_offset_ + bytes; }

void Shard::reset_received(const ShardHeader& header, Index label_bytes) {
  const Index labels = body_offset(header.count, label_bytes);
  if (header.count < 0 || header.bytes < labels) {
    throw Error("internal error: a shard of " + std::to_string(header.count) + " rows in " +
                std::to_string(header.bytes) + " bytes");
  }
  reset(header.rows(), label_bytes, header.bytes - labels);
}

std::span<std::byte> Shard::body() { return payload().subspan(static_cast<std::size_t>(body_offset_)); }

void Shard::pack_labels() {
  switch (label_bytes_) {
    case 1:
      return pack<std::int8_t>(labels_, payload_.data());
    case 2:
      return pack<std::int16_t>(labels_, payload_.data());
    case 4:
      return pack<std::int32_t>(labels_, payload_.data());
    default:
      return pack<std::int64_t>(labels_, payload_.data());
  }
}

void Shard::unpack_labels() {
  switch (label_bytes_) {
    case 1:
      return unpack<std::int8_t>(payload_.data(), labels_);
    case 2:
      return unpack<std::int16_t>(payload_.data(), labels_);
    case 4:
      return unpack<std::int32_t>(payload_.data(), labels_);
    default:
      return unpack<std::int64_t>(payload_.data(), labels_);
  }
}

}  // namespace tally::pipeline

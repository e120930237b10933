#include "pipeline/message.hpp"

#include <cstring>

namespace tally::pipeline {
namespace {

constexpr std::size_t header_words = 3;
constexpr std::size_t header_bytes = header_words * sizeof(std::int64_t);

std::size_t shard_bytes(Index rows, Index bytes_per_row) {
  return header_bytes +
         static_cast<std::size_t>(rows) * (sizeof(std::int64_t) + static_cast<std::size_t>(bytes_per_row));
}

}  // namespace

void ShardMessage::reset(ShardKind kind, const RowRange& rows, Index bytes_per_row) {
  const std::size_t size = shard_bytes(rows.count, bytes_per_row);
  buffer_.grow(size);
  size_ = size;
  const std::int64_t header[header_words] = {static_cast<std::int64_t>(kind), rows.first, rows.count};
  std::memcpy(buffer_.data(), header, header_bytes);
}

void ShardMessage::reserve(Index rows, Index bytes_per_row) { buffer_.grow(shard_bytes(rows, bytes_per_row)); }

void ShardMessage::received(std::size_t bytes, Index bytes_per_row) {
  size_ = bytes;
  if (bytes < header_bytes || bytes != shard_bytes(word(2), bytes_per_row)) {
    throw Error("a shard of " + std::to_string(bytes) + " bytes has not the length its header says");
  }
}

std::int64_t ShardMessage::word(std::size_t index) const {
  std::int64_t value = 0;
  std::memcpy(&value, buffer_.data() + index * sizeof value, sizeof value);
  return value;
}

ShardKind ShardMessage::kind() const { return static_cast<ShardKind>(word(0)); }

RowRange ShardMessage::rows() const { return {word(1), word(2)}; }

std::span<std::int64_t> ShardMessage::labels() {
  // The buffer is aligned for any fundamental type, and so is what follows the header.
  return {reinterpret_cast<std::int64_t*>(buffer_.data() + header_bytes), static_cast<std::size_t>(word(2))};
}

std::span<std::byte> ShardMessage::inputs() {
  return bytes().subspan(header_bytes + static_cast<std::size_t>(word(2)) * sizeof(std::int64_t));
}

Index result_bytes_per_row(const Job& job) {
  const Index predicted = job.predictions ? Index{sizeof(std::int32_t) + sizeof(float)} : 0;
  return predicted + (job.probabilities ? job.classes * Index{sizeof(float)} : 0);
}

void ResultMessage::set_header(const RowRange& rows, bool failed) {
  const std::int64_t header[header_words] = {rows.first, rows.count, failed ? 1 : 0};
  std::memcpy(buffer_.data(), header, header_bytes);
}

void ResultMessage::reset(const RowRange& rows, const Job& job) {
  predicted_count_ = job.predictions ? static_cast<std::size_t>(rows.count) : 0;
  probability_count_ = job.probabilities ? static_cast<std::size_t>(rows.count * job.classes) : 0;
  buffer_.resize(header_bytes + predicted_count_ * (sizeof(std::int32_t) + sizeof(float)) +
                 probability_count_ * sizeof(float));
  set_header(rows, false);
}

void ResultMessage::reset_failed(const RowRange& rows, const std::string& error) {
  buffer_.resize(header_bytes + error.size());
  set_header(rows, true);
  std::memcpy(buffer_.data() + header_bytes, error.data(), error.size());
}

void ResultMessage::resize(std::size_t bytes) { buffer_.resize(bytes); }

void ResultMessage::received(const Job& job) {
  const std::size_t bytes = buffer_.size();
  if (bytes >= header_bytes && failed()) return;
  if (bytes >= header_bytes) {
    predicted_count_ = job.predictions ? static_cast<std::size_t>(word(1)) : 0;
    probability_count_ = job.probabilities ? static_cast<std::size_t>(word(1) * job.classes) : 0;
  }
  if (bytes !=
      header_bytes + predicted_count_ * (sizeof(std::int32_t) + sizeof(float)) + probability_count_ * sizeof(float)) {
    throw Error("a result of " + std::to_string(bytes) + " bytes has not the length its header says");
  }
}

std::int64_t ResultMessage::word(std::size_t index) const {
  std::int64_t value = 0;
  std::memcpy(&value, buffer_.data() + index * sizeof value, sizeof value);
  return value;
}

RowRange ResultMessage::rows() const { return {word(0), word(1)}; }

bool ResultMessage::failed() const { return word(2) != 0; }

std::string ResultMessage::error() const {
  const auto text = std::span(buffer_).subspan(header_bytes);
  return {reinterpret_cast<const char*>(text.data()), text.size()};
}

std::span<std::int32_t> ResultMessage::predicted() {
  return {reinterpret_cast<std::int32_t*>(buffer_.data() + header_bytes), predicted_count_};
}

std::span<float> ResultMessage::confidence() {
  return {reinterpret_cast<float*>(buffer_.data() + header_bytes + predicted_count_ * sizeof(std::int32_t)),
          predicted_count_};
}

std::span<float> ResultMessage::probabilities() {
  return {reinterpret_cast<float*>(buffer_.data() + header_bytes +
                                   predicted_count_ * (sizeof(std::int32_t) + sizeof(float))),
          probability_count_};
}

}  // namespace tally::pipeline

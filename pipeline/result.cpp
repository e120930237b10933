#include "pipeline/result.hpp"

#include <cstring>

namespace tally::pipeline {
namespace {

constexpr std::size_t header_words = 3;
constexpr std::size_t header_bytes = header_words * sizeof(std::int64_t);
constexpr std::size_t predicted_offset = sizeof(std::int64_t);
constexpr std::size_t confidence_offset = predicted_offset + sizeof(std::int32_t);
constexpr std::size_t prediction_bytes = confidence_offset + sizeof(float);

}  // namespace

Index result_bytes_per_row(const Job& job) {
  return (job.predictions ? static_cast<Index>(prediction_bytes) : 0) +
         (job.probabilities ? job.classes * Index{sizeof(float)} : 0);
}

void Result::set_header(const RowRange& rows, bool failed) {
  const std::int64_t header[header_words] = {rows.first, rows.count, failed ? 1 : 0};
  std::memcpy(buffer_.data(), header, header_bytes);
}

void Result::count_results(Index rows, const Job& job) {
  predicted_count_ = job.predictions ? static_cast<std::size_t>(rows) : 0;
  probability_count_ = job.probabilities ? static_cast<std::size_t>(rows * job.classes) : 0;
}

std::size_t Result::expected_bytes() const {
  return header_bytes + predicted_count_ * prediction_bytes + probability_count_ * sizeof(float);
}

void Result::reset(const RowRange& rows, const Job& job) {
  count_results(rows.count, job);
  resize(expected_bytes());
  set_header(rows, false);
}

void Result::reset_failed(const RowRange& rows, const std::string& error) {
  resize(header_bytes + error.size());
  set_header(rows, true);
  std::memcpy(buffer_.data() + header_bytes, error.data(), error.size());
}

void Result::resize(std::size_t bytes) {
  buffer_.reserve(bytes);  // no more: resize() alone would take up to twice as much
  buffer_.resize(bytes);
}

void Result::received(const Job& job) {
  const bool whole_header = buffer_.size() >= header_bytes;
  if (whole_header && failed()) return;
  if (whole_header) count_results(word(1), job);
  if (!whole_header || buffer_.size() != expected_bytes()) {
    throw Error("a result of " + std::to_string(buffer_.size()) + " bytes has not the length its header says");
  }
}

std::int64_t Result::word(std::size_t index) const {
  std::int64_t value = 0;
  std::memcpy(&value, buffer_.data() + index * sizeof value, sizeof value);
  return value;
}

RowRange Result::rows() const { return {word(0), word(1)}; }

bool Result::failed() const { return word(2) != 0; }

std::string Result::error() const {
  const auto text = std::span(buffer_).subspan(header_bytes);
  return {reinterpret_cast<const char*>(text.data()), text.size()};
}

std::span<std::int64_t> Result::labels() {
  // The buffer is aligned for any fundamental type, and so is what follows the header.
  return {reinterpret_cast<std::int64_t*>(buffer_.data() + header_bytes), predicted_count_};
}

std::span<std::int32_t> Result::predicted() {
  return {reinterpret_cast<std::int32_t*>(buffer_.data() + header_bytes + predicted_count_ * predicted_offset),
          predicted_count_};
}

std::span<float> Result::confidence() {
  return {reinterpret_cast<float*>(buffer_.data() + header_bytes + predicted_count_ * confidence_offset),
          predicted_count_};
}

std::span<float> Result::probabilities() {
  return {reinterpret_cast<float*>(buffer_.data() + header_bytes + predicted_count_ * prediction_bytes),
          probability_count_};
}

}  // namespace tally::pipeline

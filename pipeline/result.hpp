// What a rank found out about a shard, on its way back to the root.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "pipeline/job.hpp"
#include "pipeline/row_range.hpp"

namespace tally::pipeline {

/// Bytes of one row's results, as far as the job asks for them.
Index result_bytes_per_row(const Job& job);

/// [first, count, failed : int64], then either the text of an error or, where the job asks for them,
/// [label : int64 x count][predicted : int32 x count][confidence : float32 x count][probabilities : float32 x count x
/// classes]. Labels come back because the rank may be the only one that has read them.
class Result {
 public:
  /// Results of `rows`, to be filled in through labels(), predicted(), confidence(), probabilities().
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
  std::span<std::int64_t> labels();
  std::span<std::int32_t> predicted();
  std::span<float> confidence();
  std::span<float> probabilities();
  std::span<std::byte> bytes() { return buffer_; }

 private:
  std::int64_t word(std::size_t index) const;
  void set_header(const RowRange& rows, bool failed);
  void count_results(Index rows, const Job& job);
  std::size_t expected_bytes() const;

  std::vector<std::byte> buffer_;
  std::size_t predicted_count_ = 0;
  std::size_t probability_count_ = 0;
};

}  // namespace tally::pipeline

// The predictions file: per-sample results in dataset order, as HDF5.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>

#include "kernels/types.hpp"

namespace tally::io {

/// Per-sample results of consecutive rows; all spans of the same number of rows, probabilities rows x classes or empty.
struct PredictionRows {
  std::span<const std::int32_t> predicted;
  std::span<const float> confidence;
  std::span<const std::int64_t> label;
  std::span<const float> probabilities;
};

/// Datasets: `predicted` int32 [N], `confidence` float32 [N], `label` int64 [N]; `row` int64 [N] (index in the dataset)
/// when first_row != 0 or a part was evaluated; `probabilities` float32 [N, K] when asked for. Rows may be written in
/// any order; the file appears at commit().
class PredictionWriter {
 public:
  struct Shape {
    Index rows = 0;     // rows evaluated
    Index classes = 0;  // K
    bool probabilities = false;
    bool row_numbers = false;  // write `row`
    Index first_row = 0;       // dataset index of the first row evaluated
  };
  /// Reserves the path (Error where it cannot be written, and for a device or pipe). Nothing else is done until `open`.
  explicit PredictionWriter(const std::string& file);
  ~PredictionWriter();

  void open(const Shape& shape);
  /// Writes rows [first, first + rows.predicted.size()), counted from the first row evaluated.
  void write(Index first, const PredictionRows& rows);
  /// Error unless every row was written (counted, not tracked one by one).
  void commit();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tally::io

// Labels as class indices, whatever they are stored as.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "io/hdf5.hpp"

namespace tally::io {

/// The labels of an open file. Like a handle: to be used and destroyed inside a section.
class LabelReader {
 public:
  /// Error for types other than integers, floats and booleans, and shapes other than [N], [N, 1] (or more ones) and
  /// [N, K].
  explicit LabelReader(hdf5::Dataset dataset);

  Index rows() const { return rows_; }
  const std::vector<Index>& shape() const { return shape_; }
  /// K where labels are one-hot, else 0.
  Index one_hot_classes() const { return classes_; }
  /// Of one row as stored.
  std::uint64_t row_bytes() const { return row_bytes_; }
  /// Rows [first, first + labels.size()), which must exist. Errors as DatasetReader::read_labels.
  void read(Index first, std::span<std::int64_t> labels) const;

 private:
  hdf5::Dataset dataset_;
  std::vector<Index> shape_;
  Index rows_ = 0;
  Index classes_ = 0;
  std::uint64_t row_bytes_ = 0;
  enum class Kind { boolean, floating, unsigned_integer, signed_integer } kind_ = Kind::signed_integer;
};

}  // namespace tally::io

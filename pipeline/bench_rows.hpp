// Rows that no file holds, for `tally bench`.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/input.hpp"
#include "pipeline/byte_buffer.hpp"
#include "pipeline/row_range.hpp"

namespace tally::pipeline {

/// Random rows of fixed seed, so that two runs compute the same: every byte of uint8, or float32 in [0, 1).
class BenchRows {
 public:
  /// `type` is uint8 or float32; labels are in [0, classes). Takes rows x inputs x the type's size of memory, and
  /// 32 MiB for labels at most, which come round again.
  BenchRows(StoredType type, Index rows, Index inputs, Index classes);

  Index rows() const { return rows_; }
  Index bytes() const { return rows_ * inputs_ * static_cast<Index>(size_of(type_)); }
  /// Makes float32 in [0, 1) of either type.
  InputTransform transform() const;
  /// A block of consecutive rows and its labels. Precondition: it lies within [0, rows()), and is of 4 Mi rows at most.
  StoredRows block(const RowRange& range) const;
  std::span<const std::int64_t> labels(const RowRange& range) const;

 private:
  StoredType type_;
  Index rows_;
  Index inputs_;
  ByteBuffer data_;
  std::vector<std::int64_t> labels_;
};

}  // namespace tally::pipeline

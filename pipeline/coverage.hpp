// The proof that every row was evaluated exactly once.
#pragma once

#include <map>

#include "pipeline/row_range.hpp"

namespace tally::pipeline {

/// Collects the row ranges that came back, in any order. Memory grows with the gaps between them, not with the rows.
class Coverage {
 public:
  /// Throws Error if a row of `rows` was there already (names both ranges).
  void add(const RowRange& rows);
  /// Whether the ranges added tile `rows` exactly: no gap, no overlap, nothing outside.
  bool tiles(const RowRange& rows) const;
  Index rows() const { return total_; }

 private:
  std::map<Index, Index> ranges_;  // first -> end, disjoint, adjacent ones merged
  Index total_ = 0;
};

}  // namespace tally::pipeline

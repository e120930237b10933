// Consecutive rows of a dataset.
#pragma once

#include "kernels/types.hpp"

namespace tally::pipeline {

/// Rows [first, first + count).
struct RowRange {
  Index first = 0;
  Index count = 0;

  Index end() const { return first + count; }
  bool empty() const { return count == 0; }
  friend bool operator==(const RowRange&, const RowRange&) = default;
};

}  // namespace tally::pipeline

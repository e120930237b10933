// Where the elements of a chunk go among the rows of its band.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "io/chunk_grid.hpp"

namespace tally::io {

/// The parts of a chunk that lie in one piece both in the decoded chunk and in row-major rows of its band; what reaches
/// over the edges of the dataset is in none of them.
///
///   row_shape {5}, chunk_shape {2, 3}, band 0:   chunk 0 -> rows 0 0 0 . .    chunk 1 -> rows . . . 3 3
///                                                                1 1 1 . .                    . . . 4 4
///   chunk 1, elements 0 1 x 3 4 x: runs {chunk 0, rows 3, 2 elements} and {chunk 3, rows 8, 2 elements}
class ChunkRuns {
 public:
  ChunkRuns(const ChunkGrid& grid, Index band, Index chunk);

  /// Calls visit(first element in the chunk, first element in the band's rows, number of elements) for each run.
  template <typename Visit>
  void for_each(Visit visit) const {
    std::vector<Index> position(outer_.size(), 0);
    Index in_chunk = 0;
    Index in_rows = start_;
    for (;;) {
      visit(static_cast<std::size_t>(in_chunk), static_cast<std::size_t>(in_rows),
            static_cast<std::size_t>(run_elements_));
      std::size_t i = outer_.size();
      for (; i > 0; --i) {
        const Dimension& dimension = outer_[i - 1];
        in_chunk += dimension.chunk_stride;
        in_rows += dimension.rows_stride;
        if (++position[i - 1] < dimension.count) break;
        in_chunk -= dimension.count * dimension.chunk_stride;
        in_rows -= dimension.count * dimension.rows_stride;
        position[i - 1] = 0;
      }
      if (i == 0) return;
    }
  }

 private:
  struct Dimension {
    Index count;
    Index chunk_stride;  // in elements
    Index rows_stride;
  };
  std::vector<Dimension> outer_;  // those that are more than one run
  Index run_elements_ = 1;
  Index start_ = 0;
};

}  // namespace tally::io

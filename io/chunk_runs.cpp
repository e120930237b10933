#include "io/chunk_runs.hpp"

namespace tally::io {

ChunkRuns::ChunkRuns(const ChunkGrid& grid, Index band, Index chunk) {
  const std::vector<Index> columns = grid.columns_of(chunk);
  Index chunk_stride = 1;
  Index rows_stride = 1;
  bool in_one_piece = true;  // so far, from the last dimension on
  for (std::size_t i = grid.chunk_shape.size(); i-- > 0;) {
    const Index size = grid.chunk_shape[i];
    const Index count = i == 0 ? grid.rows_of_band(band) : std::min(size, grid.row_shape[i - 1] - columns[i - 1]);
    if (in_one_piece) {
      run_elements_ *= count;
    } else if (count > 1) {
      outer_.insert(outer_.begin(), {count, chunk_stride, rows_stride});
    }
    if (i == 0) break;
    in_one_piece = in_one_piece && size == grid.row_shape[i - 1];
    start_ += columns[i - 1] * rows_stride;
    chunk_stride *= size;
    rows_stride *= grid.row_shape[i - 1];
  }
}

}  // namespace tally::io

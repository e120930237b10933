#include "io/chunk_grid.hpp"

#include <algorithm>
#include <limits>

namespace tally::io {
namespace {

constexpr Index most = std::numeric_limits<Index>::max();

[[noreturn]] void fail(const ChunkGrid& grid, const std::string& text) { throw Error(grid.place + ": " + text); }

Index product(const ChunkGrid& grid, Index a, Index b) {
  if (a < 0 || b < 0 || (b != 0 && a > most / b)) fail(grid, "its chunks pass 2^63 bytes");
  return a * b;
}

Index sum(const ChunkGrid& grid, Index a, Index b) {
  if (a > most - b) fail(grid, "its chunks pass 2^63 bytes");
  return a + b;
}

Index bytes_of(const ChunkGrid& grid, const std::vector<Index>& shape) {
  Index bytes = static_cast<Index>(grid.element_bytes);
  for (const Index dimension : shape) bytes = product(grid, bytes, dimension);
  return bytes;
}

/// How many chunks lie side by side along dimension i of a row.
Index chunks_along(const ChunkGrid& grid, std::size_t i) {
  return (grid.row_shape[i] - 1) / grid.chunk_shape[i + 1] + 1;
}

}  // namespace

void ChunkGrid::check() const {
  const auto positive = [](Index value) { return value > 0; };
  if (rows <= 0 || element_bytes == 0 || element_bytes > static_cast<std::size_t>(most) ||
      !std::all_of(row_shape.begin(), row_shape.end(), positive) ||
      !std::all_of(chunk_shape.begin(), chunk_shape.end(), positive))
    fail(*this, "damaged: an empty chunk, row or element");
  if (chunk_shape.size() != row_shape.size() + 1) fail(*this, "damaged: chunks of another rank");
  if (fill_value.size() != element_bytes) fail(*this, "damaged: a fill value of another size");
  if (filters.size() > 32) fail(*this, "damaged: more than 32 filters");
  chunks_per_band();
  band_bytes();
  most_stored_bytes();
  product(*this, rows, static_cast<Index>(row_bytes()));
}

Index ChunkGrid::rows_per_band() const { return chunk_shape[0]; }

Index ChunkGrid::bands() const { return (rows - 1) / rows_per_band() + 1; }

Index ChunkGrid::chunks_per_band() const {
  Index chunks = 1;
  for (std::size_t i = 0; i < row_shape.size(); ++i) chunks = product(*this, chunks, chunks_along(*this, i));
  return chunks;
}

Index ChunkGrid::rows_of_band(Index band) const {
  return std::min(rows_per_band(), rows - product(*this, band, rows_per_band()));
}

BandRange ChunkGrid::bands_of(Index first, Index count) const {
  if (first < 0 || count < 0 || count > rows || first > rows - count)
    fail(*this, std::to_string(count) + " rows from row " + std::to_string(first) + " on, but there are " +
                    std::to_string(rows));
  const Index band = first / rows_per_band();
  if (count == 0) return {band, 0};
  return {band, (first + count - 1) / rows_per_band() - band + 1};
}

std::size_t ChunkGrid::chunk_bytes() const { return static_cast<std::size_t>(bytes_of(*this, chunk_shape)); }

std::size_t ChunkGrid::row_bytes() const { return static_cast<std::size_t>(bytes_of(*this, row_shape)); }

std::size_t ChunkGrid::band_bytes() const {
  return static_cast<std::size_t>(product(*this, rows_per_band(), bytes_of(*this, row_shape)));
}

std::size_t ChunkGrid::most_stored_bytes() const {
  const auto decoded = static_cast<Index>(chunk_bytes());
  const auto checksums = static_cast<Index>(4 * filters.size());
  return static_cast<std::size_t>(sum(*this, decoded, sum(*this, decoded / 1000, 64 + checksums)));
}

bool ChunkGrid::whole_rows() const { return std::equal(row_shape.begin(), row_shape.end(), chunk_shape.begin() + 1); }

std::vector<Index> ChunkGrid::columns_of(Index chunk) const {
  std::vector<Index> columns(row_shape.size());
  for (std::size_t i = row_shape.size(); i-- > 0;) {
    const Index along = chunks_along(*this, i);
    columns[i] = chunk % along * chunk_shape[i + 1];
    chunk /= along;
  }
  return columns;
}

bool ChunkGrid::is_edge(Index band, Index chunk) const {
  if (rows_of_band(band) < rows_per_band()) return true;
  const std::vector<Index> columns = columns_of(chunk);
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (columns[i] > row_shape[i] - chunk_shape[i + 1]) return true;
  return false;
}

}  // namespace tally::io

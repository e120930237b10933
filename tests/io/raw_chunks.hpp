// Reading rows in the two ways that have to agree.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

#include "io/chunk_decoder.hpp"
#include "io/dataset.hpp"

namespace tally::io {

inline std::vector<std::byte> read_raw(const DatasetReader& reader, Index first, Index count) {
  std::vector<std::byte> raw(reader.raw_bytes_bound(first, count));
  raw.resize(reader.read_chunks(first, count, raw));
  raw.shrink_to_fit();  // so that AddressSanitizer sees what reads beyond
  return raw;
}

/// Rows [first, first + count) by way of raw chunks.
inline std::vector<std::byte> decoded_rows(const DatasetReader& reader, Index first, Index count) {
  const ChunkGrid& grid = *reader.chunks();
  const std::vector<std::byte> raw = read_raw(reader, first, count);
  check_raw_rows(grid, raw);
  ChunkDecoder decoder(grid);
  const BandRange bands = grid.bands_of(first, count);
  const auto row_bytes = static_cast<Index>(grid.row_bytes());
  std::vector<std::byte> rows;
  std::vector<std::byte> band_rows(grid.band_bytes(), std::byte{0xA5});
  for (Index band = bands.first; band < bands.first + bands.count; ++band) {
    decoder.decode(raw, band, band_rows);
    const Index band_begin = band * grid.rows_per_band();
    const Index begin = std::max(first - band_begin, Index{0});
    const Index end = std::min(first + count - band_begin, grid.rows_of_band(band));
    rows.insert(rows.end(), band_rows.begin() + begin * row_bytes, band_rows.begin() + end * row_bytes);
  }
  return rows;
}

inline std::vector<std::byte> rows_by_hdf5(const DatasetReader& reader, Index first, Index count) {
  const DatasetInfo& info = reader.info();
  std::vector<std::byte> rows(static_cast<std::size_t>(count * info.inputs) * size_of(info.type), std::byte{0x5A});
  reader.read_inputs(first, count, rows);
  return rows;
}

}  // namespace tally::io

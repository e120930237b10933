// Raw chunks, decoded, are the rows that libhdf5 reads.
#include "io/chunk_decoder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "io/dataset.hpp"
#include "made_datasets.hpp"

namespace tally::io {
namespace {

class ChunkDecoding : public MadeDatasets {};

/// Rows [first, first + count) by way of raw chunks.
std::vector<std::byte> decoded_rows(const DatasetReader& reader, Index first, Index count) {
  const ChunkGrid& grid = *reader.chunks();
  std::vector<std::byte> raw(reader.raw_bytes_bound(first, count));
  raw.resize(reader.read_chunks(first, count, raw));
  check_raw_rows(grid, raw);
  ChunkDecoder decoder(grid);
  const BandRange bands = grid.bands_of(first, count);
  std::vector<std::byte> rows;
  std::vector<std::byte> band_rows(grid.band_bytes());
  for (Index band = bands.first; band < bands.first + bands.count; ++band) {
    decoder.decode(raw, band, band_rows);
    const Index begin = std::max(first, band * grid.rows_per_band()) - band * grid.rows_per_band();
    const Index end = std::min(first + count - band * grid.rows_per_band(), grid.rows_of_band(band));
    rows.insert(rows.end(), band_rows.begin() + begin * static_cast<Index>(grid.row_bytes()),
                band_rows.begin() + end * static_cast<Index>(grid.row_bytes()));
  }
  return rows;
}

std::vector<std::byte> rows_by_hdf5(const DatasetReader& reader, Index first, Index count) {
  const DatasetInfo& info = reader.info();
  std::vector<std::byte> rows(static_cast<std::size_t>(count * info.inputs) * size_of(info.type));
  reader.read_inputs(first, count, rows);
  return rows;
}

TEST_F(ChunkDecoding, EveryTypeThatNeedsNoConversionIsReadRaw) {
  int raw = 0;
  for (const DatasetEntry& entry : list_datasets(path("types.h5"))) {
    if (entry.path == "/labels" || entry.path == "/one_dimension") continue;
    SCOPED_TRACE(entry.path);
    const DatasetReader reader = open("types.h5", entry.path, "labels");
    const bool one_byte = size_of(reader.info().type) == 1;
    const bool expected = entry.path.ends_with("_gzip") && (one_byte || !entry.path.ends_with("_be_gzip"));
    ASSERT_EQ(reader.chunks() != nullptr, expected);
    if (!expected) continue;
    ++raw;
    for (const auto& [first, count] : std::vector<std::pair<Index, Index>>{{0, 37}, {0, 5}, {3, 1}, {3, 9}, {36, 1}})
      ASSERT_EQ(decoded_rows(reader, first, count), rows_by_hdf5(reader, first, count)) << first << " " << count;
  }
  EXPECT_EQ(raw, 11 + 2 + 1);
}

}  // namespace
}  // namespace tally::io

// Raw chunks of an open dataset: whether they can be decoded without libhdf5, and reading them as they are stored.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

#include "io/chunk_grid.hpp"
#include "io/hdf5.hpp"
#include "io/stored_type_hdf5.hpp"

namespace tally::io {

/// Nothing unless the dataset is chunked in its own file, its filters are deflate (once), shuffle and fletcher32 alone,
/// and its elements are stored as memory has them.
std::optional<ChunkGrid> chunk_grid(const hdf5::Dataset& dataset, const StoredElement& element);

struct RawBytes {
  std::size_t used = 0;      // of the buffer
  std::uint64_t stored = 0;  // of the file
};

/// All chunks of these bands, in the layout of raw_rows.hpp. The size that the file claims for a chunk is checked
/// before the chunk is read. Error that names the chunk's row, with libhdf5's words where it fails.
RawBytes read_raw_rows(const hdf5::Dataset& dataset, const ChunkGrid& grid, BandRange bands, std::span<std::byte> out);

}  // namespace tally::io

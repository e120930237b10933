// Chunks as they are stored, one after the other in one buffer, with what another process needs to decode them.
//
//   header   int64 first band, int64 number of bands, uint64 bytes of everything
//   table    per chunk, band after band: uint64 offset from the buffer's begin, uint64 stored bytes, uint32 filter
//   mask,
//            uint32 state (0: stored; 1: absent, offset and bytes are 0)
//   chunks   as stored, each at a multiple of 8, zeros between them
//
// All in native byte order; the buffer itself may lie anywhere.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "io/chunk_grid.hpp"

namespace tally::io {

/// One chunk of a buffer. `absent`: the file never held it, its elements are the fill value.
struct RawChunk {
  std::span<const std::byte> stored;
  std::uint32_t filter_mask = 0;
  bool absent = false;
};

/// Header and table alone; and the most that a buffer of so many bands may take. Error where that passes 2^63 - 1.
std::size_t raw_table_bytes(const ChunkGrid& grid, Index bands);
std::size_t most_raw_bytes(const ChunkGrid& grid, Index bands);

/// Writes a buffer. Chunks are added in order, all of them. Error, which begins with the grid's place, where `out` has
/// no room.
class RawRowsWriter {
 public:
  RawRowsWriter(const ChunkGrid& grid, BandRange bands, std::span<std::byte> out);
  /// Where the next chunk is to be written: `bytes` of them. Error, naming its row, for more than the grid believes.
  std::span<std::byte> room(std::uint64_t bytes) const;
  /// What was written there is the next chunk.
  void add(std::uint64_t bytes, std::uint32_t filter_mask);
  void add_absent();
  /// Bytes used so far, a multiple of 8.
  std::size_t bytes() const { return used_; }
  /// Completes the header.
  void finish();

 private:
  void put_entry(std::uint64_t offset, std::uint64_t bytes, std::uint32_t filter_mask, std::uint32_t state);

  const ChunkGrid* grid_;
  BandRange bands_;
  std::span<std::byte> out_;
  std::size_t entry_;  // offset of the next table entry
  std::size_t used_;
};

/// Reads a buffer, which is believed in nothing: whatever it says, no byte outside of it is touched.
class RawRows {
 public:
  /// Error where header and table do not fit the grid or the buffer.
  RawRows(const ChunkGrid& grid, std::span<const std::byte> raw);
  BandRange bands() const { return bands_; }
  /// Chunk number `chunk` of band `band`. Error for a band that is not in it, an entry that leads out of the buffer, or
  /// a chunk larger than the grid believes.
  RawChunk chunk(Index band, Index chunk) const;

 private:
  const ChunkGrid* grid_;
  std::span<const std::byte> raw_;
  BandRange bands_;
  Index chunks_per_band_;
  std::size_t table_end_;
  std::size_t most_stored_;
};

/// Error unless everything in the buffer, except the chunks' own bytes, is as it should be: for buffers that arrive
/// from elsewhere.
void check_raw_rows(const ChunkGrid& grid, std::span<const std::byte> raw);

}  // namespace tally::io

// Decoding chunks that were read raw, on any thread of any process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "io/chunk_grid.hpp"
#include "io/inflate.hpp"
#include "io/raw_rows.hpp"

namespace tally::io {

/// Bytes that a decoder of these chunks takes beside the rows, at most: none where chunks are inflated straight into
/// the rows; one decoded chunk where bytes are unshuffled or rows split; two, as they are stored, for filters in an
/// unusual order (h5py's shuffle, deflate, fletcher32 is the usual one).
std::size_t scratch_bytes(const ChunkGrid& grid);

/// Undoes deflate, shuffle and fletcher32 without libhdf5 and without a lock. One per thread.
class ChunkDecoder {
 public:
  /// Error as ChunkGrid::check.
  explicit ChunkDecoder(ChunkGrid grid);

  const ChunkGrid& grid() const { return grid_; }

  /// Writes the rows of band `band`, row-major, in native byte order, to the front of `rows`, which must have room for
  /// grid().band_bytes() also where the last band has fewer rows; what follows its rows is then undefined. `raw` is
  /// what DatasetReader::read_chunks wrote, for bands of which this is one; it may come from anywhere, and no byte
  /// outside of it is read. Error that names the place, the chunk's first row and columns, and what is wrong with it.
  void decode(std::span<const std::byte> raw, Index band, std::span<std::byte> rows);

 private:
  struct Position;
  struct Elements;
  [[noreturn]] void fail(const Position& at, const std::string& text) const;
  void decode_chunk(const RawChunk& chunk, const Position& at, std::span<std::byte> rows);
  Elements decode_usual(const RawChunk& chunk, const Position& at, std::span<std::byte> rows);
  Elements decode_any(const RawChunk& chunk, const Position& at);
  std::span<const std::byte> without_checksum(std::span<const std::byte> bytes, const Position& at) const;
  void inflate(std::span<const std::byte> stored, std::span<std::byte> out, const Position& at);
  void place(const Elements& elements, const Position& at, std::span<std::byte> rows) const;
  void fill(const Position& at, std::span<std::byte> rows) const;

  ChunkGrid grid_;
  Index chunks_per_band_;
  std::size_t chunk_bytes_;
  std::size_t band_bytes_;
  bool whole_rows_;
  bool usual_order_;
  Inflater inflater_;
  std::vector<std::byte> scratch_;
  std::vector<std::byte> other_scratch_;  // for filters in an unusual order
};

}  // namespace tally::io

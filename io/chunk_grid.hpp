// How a chunked dataset lies in its file, as far as chunks that are read raw have to be decoded elsewhere.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "kernels/types.hpp"

namespace tally::io {

/// What HDF5 did to the bytes of a chunk when it was written. Decoding undoes them in reverse order.
enum class ChunkFilter { deflate, shuffle, fletcher32 };

/// Consecutive bands.
struct BandRange {
  Index first = 0;
  Index count = 0;

  bool operator==(const BandRange&) const = default;
};

/// Plain data, that another process can be sent. A *band* is the rows of one row of chunks: band b holds the rows
/// [b c, min((b + 1) c, rows)) with c = rows_per_band(), and its chunks are numbered row-major over the dimensions of a
/// row, from 0 to chunks_per_band() - 1. Functions throw Error, which begins with `place`, where a size passes 2^63
/// - 1.
struct ChunkGrid {
  std::string place;               // "FILE: PATH", for errors
  Index rows = 0;                  // N
  std::vector<Index> row_shape;    // dimensions after the first; empty for one element a row
  std::vector<Index> chunk_shape;  // rows of a chunk, then one entry for each of row_shape, which it may exceed
  std::size_t element_bytes = 1;
  std::vector<ChunkFilter> filters;   // in the order in which they were applied: bit i of a filter mask skips the i-th
  bool unfiltered_edges = false;      // chunks that reach over an edge are stored as they are, whatever their mask says
  std::vector<std::byte> fill_value;  // element_bytes of them: the elements of chunks that were never written

  bool operator==(const ChunkGrid&) const = default;

  /// Error unless sizes are positive, shapes and the fill value fit each other and nothing below overflows.
  void check() const;

  Index rows_per_band() const;
  /// In the whole dataset.
  Index bands() const;
  Index chunks_per_band() const;
  /// Of a band; fewer than rows_per_band() in the last one.
  Index rows_of_band(Index band) const;
  /// The bands that hold the rows [first, first + count); none for count = 0. Error for rows that are not there.
  BandRange bands_of(Index first, Index count) const;

  /// Decoded, and full: a chunk that reaches over an edge is as large as any other.
  std::size_t chunk_bytes() const;
  std::size_t row_bytes() const;
  /// rows_per_band() * row_bytes(), for the last band, too.
  std::size_t band_bytes() const;
  /// The largest stored chunk that is believed: libhdf5 lets deflate add a thousandth and 12 bytes, a checksum adds 4.
  std::size_t most_stored_bytes() const;

  /// Whether a chunk holds its rows from the first column to the last, and nothing else.
  bool whole_rows() const;
  /// Where chunk `chunk` of a band begins in the dimensions of a row.
  std::vector<Index> columns_of(Index chunk) const;
  /// Whether the chunk reaches over an edge of the dataset in any dimension.
  bool is_edge(Index band, Index chunk) const;
};

}  // namespace tally::io

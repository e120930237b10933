// How large libhdf5's cache of decoded chunks has to be so that reading row after row decodes no chunk twice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernels/types.hpp"

namespace tally::io {

/// How a dataset's chunks lie, as far as a cache of them is concerned.
struct CachedChunks {
  Index rows = 1;                   // of a chunk
  std::uint64_t chunk_bytes = 0;    // decoded
  std::vector<Index> chunk_counts;  // how many lie side by side in each dimension of a row
  std::uint64_t decoded_bytes = 0;  // of all chunks
  bool filtered = false;            // have to be decoded
  bool whole_rows = true;           // a chunk holds its rows from the first column to the last
};

/// What H5Pset_chunk_cache is told, and what follows from it.
struct ChunkCache {
  std::uint64_t bytes = 0;
  std::size_t slots = 521;           // libhdf5's default; a prime
  std::uint64_t held_bytes = 0;      // of memory: chunks, what libhdf5 keeps about each, slots
  std::uint64_t decoding_bytes = 0;  // for the chunk being decoded, while it is
  bool whole_bands = true;           // no chunk is decoded twice by reading row after row

  bool operator==(const ChunkCache&) const = default;
};

/// Chunks of a band (a row of chunks) are used again by the next rows; libhdf5's cache drops the least recently used.
/// So either it holds a band, and one chunk more, or it is of no use and holds no more than one chunk. `limit` bounds
/// held_bytes as long as that leaves room for one chunk. Whole rows without a filter are not cached: libhdf5 then reads
/// them straight to where they are wanted (measured with 784 uint8, 1000 rows at a time: chunks of 1024x784 18.8 GB/s
/// instead of 14.1 from the default cache; where chunks split rows, 100x100 0.2 instead of 3.9 from a band's).
ChunkCache plan_chunk_cache(const CachedChunks& chunks, std::uint64_t limit);

/// The same setting for all of them, the sources of a virtual dataset: what the most demanding one needs. Each has such
/// a cache of its own, which libhdf5 keeps until the virtual dataset is closed: held_bytes is what all hold together.
ChunkCache plan_chunk_cache(std::span<const CachedChunks> sources, std::uint64_t limit);

}  // namespace tally::io

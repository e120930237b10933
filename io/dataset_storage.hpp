// How a dataset lies in its file: what must hold before its rows are read, and what reading them well takes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "io/chunk_cache.hpp"
#include "io/hdf5.hpp"

namespace tally::io {

/// Bytes that take as long as finding a chunk and its place does, to whoever asks a section for time.
constexpr std::uint64_t chunk_allowance = 4096;

/// Consecutive whole rows of a virtual dataset, and where they really are.
struct SourceRows {
  Index first = 0;
  Index count = 0;
  std::size_t source = 0;  // of StoragePlan::sources
  Index source_first = 0;
};

struct SourceDataset {
  std::string file;  // real path
  std::string object;
};

struct StoragePlan {
  /// Of the dataset, where it is chunked in this file; of every chunked source of a virtual one.
  std::vector<CachedChunks> chunks;
  /// Whether something was never written and is not to be filled in: libhdf5 then leaves the memory that rows are read
  /// into as it was, and a reader has to make that zeros beforehand.
  bool leaves_gaps = false;
  /// What libhdf5 may decode beyond the rows asked for: to be added to the bytes a section expects.
  std::uint64_t extra_bytes = 0;
  /// Times as long as usual that a decoded byte may take (plugins such as bzip2 are slow).
  std::uint64_t slowness = 1;
  /// The other files it reads from (virtual sources), by their real paths.
  std::vector<std::string> files;
  /// Of a virtual dataset that is made of other datasets' consecutive whole rows, in order, each row once; else empty.
  std::vector<SourceRows> source_rows;
  std::vector<SourceDataset> sources;
};

/// Error unless the data can be read and lie where they may: no external storage, virtual sources inside the file's
/// folder, every filter installed, written at all, and sizes that a file of this length can hold.
StoragePlan check_dataset_storage(const hdf5::Dataset& dataset);

/// What an Hdf5Section is to expect for reading so many bytes of it.
std::uint64_t expected_bytes(const StoragePlan& plan, std::uint64_t bytes);

/// Whether elements that were never written are the fill value.
bool fills_unwritten(const hdf5::Dataset& dataset);

}  // namespace tally::io

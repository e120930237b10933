// How a dataset lies in its file: what must hold before its rows are read, and what reading them well takes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "io/hdf5.hpp"

namespace tally::io {

struct StoragePlan {
  /// For H5Pset_chunk_cache: holds every chunk that one row touches, so that reading row after row decodes none twice.
  /// 0 (the library's default) where nothing has to be decoded. At most max(256 MiB, one chunk).
  std::uint64_t chunk_cache_bytes = 0;
  /// What libhdf5 may decode beyond the rows asked for: to be added to the bytes a section expects.
  std::uint64_t extra_bytes = 0;
  /// Times as long as usual that a decoded byte may take (plugins such as bzip2 are slow).
  std::uint64_t slowness = 1;
  /// The other files it reads from (virtual sources), by their real paths.
  std::vector<std::string> files;
};

/// Error unless the data can be read and lie where they may: no external storage, virtual sources inside the file's
/// folder, every filter installed, written at all, and sizes that a file of this length can hold.
StoragePlan check_dataset_storage(const hdf5::Dataset& dataset);

}  // namespace tally::io

// Reading a labelled dataset from HDF5: rows in their stored type, labels as class indices.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "io/chunk_grid.hpp"
#include "io/plain_rows.hpp"
#include "kernels/stored_type.hpp"
#include "kernels/types.hpp"

namespace tally::io {

/// What the user said about the dataset; whatever is empty is found out from the file.
struct DatasetRequest {
  std::string file;
  std::optional<std::string> inputs;  // path of the inputs inside the file
  std::optional<std::string> labels;  // path of the labels
  std::optional<double> scale;
  std::optional<double> offset;
  /// What libhdf5's chunk caches of inputs and labels may take together, as long as each can hold one chunk.
  std::uint64_t cache_limit = std::uint64_t{256} << 20;
};

struct DatasetInfo {
  std::string file;
  std::string inputs_path;
  std::string labels_path;
  Index rows = 0;
  std::vector<Index> row_shape;  // dimensions after the first; empty for a one-dimensional dataset (one input a row)
  Index inputs = 1;              // their product
  StoredType type = StoredType::float32;  // what read_inputs delivers
  std::string dtype;                      // "uint8", "float64", "bool" ..., as NumPy names the stored type
  std::string layout;   // "contiguous", "compact", "virtual", "chunked 100x784", "chunked 100x784 shuffle deflate"
  double scale = 1.0;   // the request's, else the attribute `scale` of the inputs, else 1
  double offset = 0.0;  // likewise
  Index one_hot_classes = 0;            // K where labels are one-hot [N, K] with K > 1; 0 where they are class indices
  Index chunk_rows = 0;                 // rows of a chunk of the inputs; 0 where they are not chunked in this file
  std::uint64_t chunk_bytes = 0;        // of one such chunk, decoded
  bool compressed = false;              // chunks of inputs or labels have filters
  std::uint64_t cache_bytes = 0;        // what reading inputs and labels may hold in libhdf5 beside the rows asked for
  std::uint64_t label_cache_bytes = 0;  // of that, the part of labels alone
  /// Whether reading the inputs row after row decodes every chunk once. Where not, each read decodes all chunks it
  /// touches: read as many rows at a time as there is room for.
  bool whole_bands = true;
};

/// One entry of a file's table of contents.
struct DatasetEntry {
  std::string path;
  std::vector<Index> shape;
  std::string dtype;
  std::string layout;
};

/// Reads one file. Not to be shared by threads without a lock; all errors are tally::Error whose text names the file
/// and the dataset.
class DatasetReader {
 public:
  /// Opens the file read-only, without file locking, finds the pair of datasets, checks both.
  /// Names: the request's; else `inputs` and `labels`; else the one pair that is unambiguous among the usual names;
  /// else Error that lists every dataset with its shape. Errors also for: no file, not HDF5, truncated; a dataset that
  /// is missing (lists those there are); text or compound types; different numbers of rows; zero rows; storage or
  /// links that leave the file (external storage, external links; virtual sources outside the file's folder).
  explicit DatasetReader(const DatasetRequest& request);
  ~DatasetReader();
  DatasetReader(DatasetReader&&) noexcept;
  DatasetReader& operator=(DatasetReader&&) noexcept;

  const DatasetInfo& info() const;

  /// Rows [first, first + count) as stored, in native byte order: count * inputs * size_of(type) bytes into `out`,
  /// which must have exactly that size. One hyperslab. Error where libhdf5 fails, with its own words, file, dataset and
  /// rows.
  void read_inputs(Index first, Index count, std::span<std::byte> out) const;

  /// The inputs, where they lie in files one after the other as memory wants them (see plain_rows_hdf5.hpp): not null
  /// where the layout is contiguous, or virtual and made of such rows. Valid as long as the reader.
  const PlainRows* plain() const;

  /// How to decode raw chunks of the inputs: not null exactly where they are chunked in this one file, their filters
  /// are deflate (once), shuffle and fletcher32 alone, and elements are stored as memory has them.
  const ChunkGrid* chunks() const;

  /// The most that read_chunks of these rows can need, which follows from shapes alone. Error where chunks() is null.
  std::size_t raw_bytes_bound(Index first, Index count) const;

  /// All chunks of the bands that overlap rows [first, first + count), as they are stored, in the layout of
  /// raw_rows.hpp, which ChunkDecoder reads. Returns the bytes of `out` that it used. Error as read_inputs, and where
  /// chunks() is null, a chunk is larger than it can be, or `out` has no room for it.
  std::size_t read_chunks(Index first, Index count, std::span<std::byte> out) const;

  /// Class indices of rows [first, first + labels.size()). Integers or integral floats of shape [N] or [N, 1], or
  /// one-hot [N, K]. Error that names the row for a value that is no integer, or a row that is not one-hot (exactly one
  /// 1, else 0). Whether an index fits the model's classes is for the caller to check.
  void read_labels(Index first, std::span<std::int64_t> labels) const;

  /// Bytes that were asked of the file so far: inputs and labels in their stored type, raw chunks as they are stored.
  std::uint64_t bytes_read() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

/// Every dataset of a file, depth first in order of name, links out of the file not followed.
/// At most 10,000 entries; Error beyond.
std::vector<DatasetEntry> list_datasets(const std::string& file);

/// "uint8 [10000, 28, 28]".
std::string describe(const DatasetEntry& entry);

}  // namespace tally::io

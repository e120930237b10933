// IDX, the format of the MNIST files: reading it (gzipped or not), and importing a pair of them as a dataset.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "kernels/stored_type.hpp"
#include "kernels/types.hpp"

namespace tally::io {

/// The header of an IDX file. Type codes: 08 uint8, 09 int8, 0B int16, 0C int32, 0D float32, 0E float64.
struct IdxHeader {
  StoredType type = StoredType::uint8;
  std::vector<Index> shape;
};

struct ImportResult {
  Index rows = 0;
  std::vector<Index> row_shape;
  std::string dtype;
};

/// Converts a pair of IDX files into an HDF5 dataset: `inputs` [N, ...] in the stored type, contiguous, with the
/// attribute `scale` = 1/255 (float64) where that type is uint8, and `labels` [N]. Streams: memory is bounded whatever
/// the size. Written atomically; on any Error (no IDX magic, truncated, trailing bytes, different N, labels that are not
/// one-dimensional integers, damaged gzip, disk full) nothing is left behind.
ImportResult import_idx(const std::string& images, const std::string& labels, const std::string& output);

}  // namespace tally::io

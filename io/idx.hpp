// Importing a pair of IDX files (the format of the MNIST files) as a dataset.
#pragma once

#include <string>
#include <vector>

#include "kernels/types.hpp"

namespace tally::io {

struct ImportResult {
  Index rows = 0;
  std::vector<Index> row_shape;
  std::string dtype;
};

/// Converts a pair of IDX files into an HDF5 dataset: `inputs` [N, ...] in the stored type, contiguous, with the
/// attribute `scale` = 1/255 (float64) where that type is uint8, and `labels` [N]. Streams: memory is bounded whatever
/// the size. Written atomically; on any Error (no IDX magic, truncated, trailing bytes, different N, labels that are
/// not one-dimensional integers, damaged gzip, disk full) nothing is left behind.
ImportResult import_idx(const std::string& images, const std::string& labels, const std::string& output);

}  // namespace tally::io

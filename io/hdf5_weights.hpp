// Weights out of HDF5 datasets, without being fooled about their size.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "io/hdf5.hpp"
#include "io/weight_list.hpp"

namespace tally::io {

/// Reads the arrays of one file. Besides what hdf5::Dataset checks of each (in this file, allocated, not larger than
/// the file could hold), all of them together may not take more stored bytes than the file is long: many names for one
/// dataset would multiply its memory.
class Hdf5Weights {
 public:
  explicit Hdf5Weights(const std::string& file);

  /// The dataset `path` of `group`, converted to float32 (float64 is rounded to nearest). Error unless it has 1 to 3
  /// dimensions.
  NamedArray read(const hdf5::Group& group, const std::string& path);

 private:
  std::uint64_t bytes_left_;
};

}  // namespace tally::io

// Which two datasets of a file are the inputs and the labels.
#pragma once

#include <string>

#include "io/dataset.hpp"
#include "io/hdf5.hpp"

namespace tally::io {

struct DatasetNames {
  std::string inputs;  // absolute paths
  std::string labels;
};

/// The request's names; else `/inputs` and `/labels`; else the only pair of usual names (x/t, x/y, X/y, data/label,
/// images/labels, x_test/y_test, test_x/test_y ...) in any one group. Where only one name is given, the other is its
/// partner by the same rules in the same group. Error, listing every dataset with its shape, where that leaves none or
/// several, or where a named dataset does not exist.
DatasetNames find_datasets(const hdf5::Group& root, const DatasetRequest& request);

}  // namespace tally::io

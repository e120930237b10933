// The table of contents of an open file.
#pragma once

#include <vector>

#include "io/dataset.hpp"
#include "io/hdf5.hpp"

namespace tally::io {

/// See list_datasets; for a file that is open already, inside a section.
std::vector<DatasetEntry> list_datasets(const hdf5::Group& root);

/// "/a uint8 [10, 3], /b float32 [10]", for error messages: at most 40 of them, then how many more there are.
std::string joined(const std::vector<DatasetEntry>& entries);

/// "[10, 3]".
std::string shape_text(const std::vector<Index>& shape);

}  // namespace tally::io

// What must be equal where several ranks open the same dataset.
#pragma once

#include <string>

#include "io/dataset.hpp"
#include "pipeline/row_range.hpp"

namespace tally::pipeline {

/// Shape, types and places in words, and a digest of the first and the last of these rows and their labels. Throws
/// Error where those cannot be read. Precondition: there is a row.
std::string fingerprint(const io::DatasetReader& reader, const RowRange& rows);

}  // namespace tally::pipeline

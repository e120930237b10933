// Finding out whether, and where, the rows of a dataset lie plainly in files.
#pragma once

#include <memory>
#include <vector>

#include "io/dataset_storage.hpp"
#include "io/hdf5.hpp"
#include "io/plain_rows.hpp"
#include "io/stored_type_hdf5.hpp"

namespace tally::io {

/// Null where the layout is not contiguous, elements are not stored as memory has them, or the file is not one that
/// libhdf5 reads through a descriptor; of a virtual dataset where that is so for one of its sources, or it is not made
/// of `source_rows`, or of too many files to have them all open. Precondition: check_dataset_storage.
std::unique_ptr<PlainRows> plain_rows(const hdf5::Dataset& dataset, const StoredElement& element,
                                      const std::vector<SourceRows>& source_rows, Index rows, std::uint64_t row_bytes);

}  // namespace tally::io

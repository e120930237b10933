// Finding out whether, and where, the rows of a dataset lie plainly in its file.
#pragma once

#include <memory>

#include "io/hdf5.hpp"
#include "io/plain_rows.hpp"
#include "io/stored_type_hdf5.hpp"

namespace tally::io {

/// Null where the layout is not contiguous, elements are not stored as memory has them, or the file is not one that
/// libhdf5 reads through a descriptor. Precondition: check_dataset_storage.
std::unique_ptr<PlainRows> plain_rows(const hdf5::Dataset& dataset, const StoredElement& element, Index rows,
                                      std::uint64_t row_bytes);

}  // namespace tally::io

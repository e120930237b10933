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
/// libhdf5 reads through a descriptor; of a virtual dataset where that is so for one of its sources, or the plan does
/// not say of which rows it is made, or there are more than 100 sources (each is a descriptor) or 10,000 parts. `plan`:
/// of this dataset. `shape`: its own.
std::unique_ptr<PlainRows> plain_rows(const hdf5::Dataset& dataset, const StoredElement& element,
                                      const StoragePlan& plan, const std::vector<Index>& shape);

}  // namespace tally::io

// Virtual datasets: the files their rows really come from.
#pragma once

#include "io/dataset_storage.hpp"
#include "io/hdf5.hpp"

namespace tally::io {

/// Error unless every source of a virtual dataset is there, may be read and passes check_dataset_storage itself:
/// libhdf5 takes fill values for a source that is missing, and follows its name anywhere. Source files must lie inside
/// the folder of the dataset's file, symbolic links resolved; a name with `..` in it, numbered names (%b), and a
/// HDF5_VDS_PREFIX in the environment (which would lead elsewhere) are refused. "." is the file itself. The plan is for
/// the most demanding source.
StoragePlan check_virtual_sources(const hdf5::Dataset& dataset);

}  // namespace tally::io

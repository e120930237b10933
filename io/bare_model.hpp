// HDF5 files that hold bare weights: datasets W1, b1, W2, b2 ... in the root group, and no activations.
#pragma once

#include <string>
#include <vector>

#include "io/weight_list.hpp"

namespace tally::io {

namespace hdf5 {
class Group;
}

/// Whether the root group holds a dataset W1 or w1.
bool is_bare_model(const hdf5::Group& root);

/// The arrays for model_from_weights. Error for anything in the root group that is no dataset of such a name (before
/// anything is read); attributes are not looked at. The caller holds the Hdf5Section.
std::vector<NamedArray> read_bare_model(const std::string& file, const hdf5::Group& root);

}  // namespace tally::io

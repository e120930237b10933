// Tally's own model format, version 1, described in io/README.md: reading it from an open HDF5 file. Writing it is
// write_native_model in model_file.hpp.
#pragma once

#include <cstdint>
#include <string>

#include "kernels/model.hpp"

namespace tally::io {

namespace hdf5 {
class Group;
}

/// The version that is written, and the newest that is read.
inline constexpr std::int64_t native_model_version = 1;

/// Whether the root's attribute `format` says "tally-model".
bool is_native_model(const hdf5::Group& root);

/// The model, checked by check_model. Error, naming file, layer and entry, for a newer version; a root or layer entry
/// that the format does not know (attributes of other names are ignored); a missing or unknown activation; a parameter
/// that is missing, is not finite, or belongs to another activation; sizes that do not fit. The caller holds the
/// Hdf5Section.
Model read_native_model(const std::string& file, const hdf5::Group& root);

}  // namespace tally::io

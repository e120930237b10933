// Which libhdf5 is linked.
#pragma once

#include <string>

namespace tally::io {

/// "1.10.8", of the library that is loaded, not of the header.
std::string hdf5_version();

}  // namespace tally::io

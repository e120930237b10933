// Output files that would destroy an input or each other.
#pragma once

#include <string>
#include <vector>

namespace tally::io {

/// Throws UsageError, naming both, where an output is the same regular file as an input or as another output, under
/// whatever name (symbolic and hard links, ./). Empty names are left out; devices and pipes may be named twice.
void check_output_paths(const std::vector<std::string>& inputs, const std::vector<std::string>& outputs);

}  // namespace tally::io

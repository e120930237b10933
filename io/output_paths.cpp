#include "io/output_paths.hpp"

#include <filesystem>

#include "kernels/types.hpp"

namespace tally::io {
namespace {

namespace fs = std::filesystem;

bool same_file(const std::string& a, const std::string& b) {
  std::error_code code;
  if (fs::exists(a, code) && !fs::is_regular_file(a, code)) return false;
  if (fs::equivalent(a, b, code)) return true;
  // Neither need exist yet.
  return fs::weakly_canonical(fs::absolute(a, code), code) == fs::weakly_canonical(fs::absolute(b, code), code);
}

}  // namespace

void check_output_paths(const std::vector<std::string>& inputs, const std::vector<std::string>& outputs) {
  for (std::size_t i = 0; i < outputs.size(); ++i) {
    if (outputs[i].empty()) continue;
    for (const std::string& input : inputs) {
      if (!input.empty() && same_file(outputs[i], input)) {
        throw UsageError(outputs[i] + ": is to be written, but is also read (" + input + ")");
      }
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (!outputs[j].empty() && same_file(outputs[i], outputs[j])) {
        throw UsageError(outputs[i] + ": is to be written twice (also as " + outputs[j] + ")");
      }
    }
  }
}

}  // namespace tally::io

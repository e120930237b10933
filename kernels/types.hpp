// The integer that counts things, and the error every layer throws.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace tally {

/// Rows, features, bytes, parameters: anything that may pass 2^31.
using Index = std::int64_t;

/// A failure that the user can act on (a bad file, disagreeing shapes, a full disk). what() is one line that names the
/// file, the dataset, the row and the numbers that disagree. The program ends with exit code 1.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A command line that cannot be meant (unknown activation, --activation for a model that stores its own). The program
/// ends with exit code 2.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace tally

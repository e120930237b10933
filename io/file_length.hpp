// Noticing that a file loses bytes while it is being read.
#pragma once

#include <cstdint>
#include <string>

namespace tally::io {

/// A file's length at construction, to be compared later. libhdf5 gives zeros for what lies past the end of a file that
/// was truncated after it was opened: they would be evaluated as if they were data.
class FileLength {
 public:
  /// Error where the file cannot be looked at.
  explicit FileLength(std::string file);
  /// Error, naming both lengths, where the file of that name is shorter now, or gone. Call after reading.
  void check() const;

 private:
  std::string file_;
  std::uint64_t bytes_;
};

}  // namespace tally::io

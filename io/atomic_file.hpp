// Output files that are either whole or not there: written beside, fsynced, renamed.
#pragma once

#include <string>

#include "kernels/types.hpp"

namespace tally::io {

/// Reserves an output path: makes a temporary file beside it at once, so that a path that cannot be written fails
/// before the work starts. Unless commit() was called, the destructor removes the temporary file and the target is
/// untouched. A target that exists and is no regular file (/dev/null, a pipe) is written directly.
class AtomicFile {
 public:
  /// Error that names the path and the system's reason (no such folder, a folder itself, no permission).
  explicit AtomicFile(std::string target);
  ~AtomicFile();
  AtomicFile(AtomicFile&& other) noexcept;
  AtomicFile& operator=(AtomicFile&&) = delete;
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  const std::string& target() const { return target_; }
  /// Where to write until commit(): the temporary file (exists, empty), or the target itself where it is a device.
  const std::string& path() const { return temporary_; }

  /// Runs work that writes to path(); an Error whose text names the temporary file is thrown on with the target's name.
  template <typename Work>
  void as_target(const Work& work) const {
    try {
      work();
    } catch (const Error& error) {
      throw Error(name_target(error.what()));
    }
  }

  /// Replaces the temporary file's content. Error with the system's reason (disk full, quota).
  void write(const std::string& content);
  /// fsync, rename over the target, fsync the folder. Permissions follow the umask, or the file that is replaced.
  void commit();

 private:
  std::string name_target(std::string text) const;

  std::string target_;
  std::string temporary_;
  bool direct_ = false;
  bool pending_ = false;
  int slot_ = -1;  // in the table of remove_pending_files
};

/// Removes every temporary file that is still there. For the end of a process that unwinds no stack: async-signal-safe.
void remove_pending_files() noexcept;

}  // namespace tally::io

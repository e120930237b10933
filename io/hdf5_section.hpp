// Guarding libhdf5: one call at a time, and no damaged file may crash or hang the program unnoticed.
#pragma once

#include <cstdint>
#include <string>

namespace tally::io {

/// Every use of libhdf5 happens inside a section. While one is alive it
/// * holds the one mutex of io (recursive: sections may nest; the outermost names the file),
/// * tells the crash handler which file is being read, so that SIGSEGV, SIGBUS, SIGFPE, SIGILL or SIGABRT raised inside
///   libhdf5 ends in one line that names it,
/// * is watched: a section that burns more CPU time than `4 s + expected_bytes / 50 MB/s` is taken to loop forever on a
///   damaged file. (CPU time of the thread, not wall time: a slow disk is no damage.)
class Hdf5Section {
 public:
  explicit Hdf5Section(const std::string& file, std::uint64_t expected_bytes = 0);
  ~Hdf5Section();
  Hdf5Section(const Hdf5Section&) = delete;
  Hdf5Section& operator=(const Hdf5Section&) = delete;
};

/// What happens when libhdf5 crashes or loops: called once, with one line of text (no newline, "tally: " not included),
/// from a thread of its own (never from a signal handler), and must not return. If it has not ended the process after
/// 2 s, or was never set, the line is written to stderr and the process ends with _exit(1).
using FatalAction = void (*)(const char* line);

/// Installs the signal handlers (on an alternate stack) and starts the watchdog thread. Called once by main, before any
/// section. Without it sections only lock: tests and library users keep their own signal handling.
void install_hdf5_guard(FatalAction action);

}  // namespace tally::io

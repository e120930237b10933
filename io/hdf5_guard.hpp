// What happens when libhdf5 crashes or loops: signal handlers and a watchdog that know which file is being read.
// Used by Hdf5Section and install_hdf5_guard only.
#pragma once

#include <cstdint>
#include <string>

#include "io/hdf5_section.hpp"

namespace tally::io::guard {

/// See install_hdf5_guard. A second call only replaces the action.
void install(FatalAction action);

/// The calling thread begins to use libhdf5 on `file` and may burn this much CPU time. The caller holds io's mutex, and
/// no other thread is between enter and leave. Does nothing before install.
void enter(const std::string& file, std::int64_t limit_nanoseconds);

/// A nested section: the limit of the live one grows.
void extend(std::int64_t nanoseconds) noexcept;

void leave() noexcept;

}  // namespace tally::io::guard

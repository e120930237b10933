// Which kernels BLIS runs. The microkernel itself is in microkernel.hpp; blis.cpp alone includes blis.h.
#pragma once

#include <string>
#include <vector>

#include "kernels/types.hpp"

namespace tally {

/// A configuration (sub-configuration, "arch") of the BLIS library: the kernels for one family of CPUs.
struct BlisConfiguration {
  int id = -1;
  std::string name;
  friend bool operator==(const BlisConfiguration&, const BlisConfiguration&) = default;
};

/// The configuration this process should run: BLIS_ARCH_TYPE where it is set (Error where it is no number, unknown, or
/// needs instructions this CPU lacks: BLIS itself would abort, or die of SIGILL), else BLIS's own choice, except that
/// a CPU newer than the library, for which BLIS falls back to its portable kernels, gets those of the widest vector
/// unit it has. Does not initialise BLIS in this process: it asks a forked child, so call it before MPI_Init.
BlisConfiguration choose_blis_configuration();

/// The best configuration that every machine can run on which one of `chosen` was chosen. Precondition: not empty.
BlisConfiguration common_blis_configuration(const std::vector<BlisConfiguration>& chosen);

/// Fixes the configuration for the rest of the process. Call before any other function that uses BLIS: throws Error if
/// that runs another one already, and where this library gives the number another name.
void use_blis_configuration(const BlisConfiguration& configuration);

/// The configuration in use (initialises BLIS).
BlisConfiguration blis_configuration();

/// The library's version, "0.9.0".
std::string blis_version();

}  // namespace tally

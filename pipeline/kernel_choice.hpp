// Which kernels a process would run: BLIS's configuration and our own vector instruction set.
#pragma once

#include "kernels/blis.hpp"
#include "kernels/vector_isa.hpp"

namespace tally::pipeline {

struct KernelChoice {
  BlisConfiguration blis;
  BlisConfiguration unforced_blis;  // the choice without BLIS_ARCH_TYPE, the same where it is not set
  VectorIsa isa = VectorIsa::baseline;
  VectorIsa unforced_isa = VectorIsa::baseline;  // the choice without TALLY_VECTOR_ISA, the widest of this CPU
};

/// For this CPU and environment. Call before MPI_Init and before other threads: BLIS is asked in a forked child, and
/// the environment is changed for a moment where it forces a choice. Throws Error where that cannot be had.
KernelChoice choose_kernels();

}  // namespace tally::pipeline

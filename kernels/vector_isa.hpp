// Which vector instructions the kernels in vector/ use: one binary runs on any x86-64.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "kernels/types.hpp"

namespace tally {

/// Every one includes those before it. baseline is what the compiler may always assume: SSE2 on x86-64.
enum class VectorIsa { baseline, avx2, avx512 };

/// "avx512", "avx2"; baseline is "sse2" on x86-64, "neon" on 64-bit Arm, "portable" elsewhere. Where the compiler was
/// told to assume more (-march=native), its kernels are those of "avx", "avx2" or "avx512", and so is the name.
std::string_view name_of(VectorIsa isa);

/// Whether this CPU and its operating system run it. avx2 asks for FMA and F16C too, avx512 for F, BW, DQ and VL.
bool cpu_runs(VectorIsa isa);

/// The one this process should use: TALLY_VECTOR_ISA (a name) where it is set, else the widest that the CPU runs.
/// Throws Error for an unknown name, and for one that this CPU cannot run.
VectorIsa choose_vector_isa();

/// The widest that every machine runs on which one of `chosen` was chosen. Precondition: not empty.
VectorIsa common_vector_isa(std::span<const VectorIsa> chosen);

/// The one in use; choose_vector_isa() decides at the first call, unless use_vector_isa was called before.
VectorIsa vector_isa();

/// Changes it, for all threads. Not while kernels run. Precondition: cpu_runs(isa).
void use_vector_isa(VectorIsa isa);

}  // namespace tally

// Compiling one function for several x86-64 instruction sets, the best of which the CPU at hand picks at load time.
//
// A function marked TALLY_MULTIVERSION is compiled for the baseline (SSE2), for x86-64-v3 (AVX2, FMA) and for
// x86-64-v4 (AVX-512). Only what is inlined into it is compiled so: mark the small functions it calls TALLY_INLINE.
// The clones give the same bits as long as every rounding is written down: std::fma or __builtin_fma where one rounding
// is meant (without the instruction it is a slow but correctly rounded library call), no contraction, no fast-math, no
// sum whose order the compiler may choose.
#pragma once

#include <cstddef>  // defines __GLIBC__ where that is the C library

// GCC with glibc only: the choice is an indirect function of the loader. Clang 14 accepts the attribute, but never
// picks an "arch=" clone. AddressSanitizer and ThreadSanitizer are not yet set up when the loader runs the resolvers.
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
#define TALLY_MULTIVERSION [[gnu::target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")]]
#else
#define TALLY_MULTIVERSION
#endif

/// For functions that must become part of each clone of their caller.
#define TALLY_INLINE [[gnu::always_inline]] inline

# tally_warnings: the warnings every target of ours is compiled with. They are errors, unless TALLY_WERROR is off (for
# people who build with a compiler newer than ours).
option(TALLY_WERROR "Treat warnings as errors" ON)
add_library(tally_warnings INTERFACE)
target_compile_options(tally_warnings INTERFACE
  -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
  $<$<BOOL:${TALLY_WERROR}>:-Werror>
  # GCC 12 sees overlapping copies in "text" + std::string (GCC bug 105651).
  $<$<AND:$<CXX_COMPILER_ID:GNU>,$<VERSION_LESS:$<CXX_COMPILER_VERSION>,13>>:-Wno-restrict>
  # Clang reports each "omp simd" loop that it leaves scalar, as it does under sanitizers: slower, not wrong.
  $<$<CXX_COMPILER_ID:Clang>:-Wno-pass-failed>)

# The bits of every result are ours: no contraction of a*b+c behind our back, no reassociation.
add_compile_options(-ffp-contract=off)

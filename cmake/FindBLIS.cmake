# Finds BLIS with its typed and object APIs (blis.h), which ships neither CMake nor pkg-config files.
#
# Defines BLIS::BLIS, BLIS_FOUND, BLIS_VERSION (as the library tells it, empty when cross-compiling) and
# BLIS_OPENMP (whether it was built with OpenMP threads). Set BLIS_ROOT for an installation of your own.
find_path(BLIS_INCLUDE_DIR NAMES blis.h PATH_SUFFIXES blis blis-openmp blis-pthread blis-serial)
find_library(BLIS_LIBRARY NAMES blis blis-mt PATH_SUFFIXES blis-openmp blis-pthread blis-serial)

if(BLIS_INCLUDE_DIR AND BLIS_LIBRARY AND NOT "${BLIS_INCLUDE_DIR} ${BLIS_LIBRARY}" STREQUAL "${BLIS_PROBED}")
  set(BLIS_PROBED "${BLIS_INCLUDE_DIR} ${BLIS_LIBRARY}" CACHE INTERNAL "BLIS that what follows is said of")
  unset(BLIS_VERSION CACHE)
  unset(BLIS_OPENMP CACHE)

  # Tally calls microkernels itself, by an interface that is BLIS 0.9's alone: before, they took no m and n; in 1.0,
  # contexts are const and what asks for a kernel has other names. No version tells: some snapshots of 0.9 have the new
  # names. A header of the first kind could even be called, with wrong results.
  file(WRITE ${CMAKE_BINARY_DIR}/CMakeFiles/blis_interface.cpp
"#include <blis.h>
using Expected = void (*)(dim_t, dim_t, dim_t, float*, float*, float*, float*, float*, inc_t, inc_t, auxinfo_t*,
                          cntx_t*);
Expected kernel = static_cast<sgemm_ukr_ft>(nullptr);
bool asks() {
  cntx_t* context = bli_gks_query_cntx();
  return bli_cntx_get_l3_nat_ukr_dt(BLIS_FLOAT, BLIS_GEMM_UKR, context) != nullptr &&
         bli_cntx_l3_nat_ukr_prefers_rows_dt(BLIS_FLOAT, BLIS_GEMM_UKR, context) &&
         bli_cntx_get_blksz_def_dt(BLIS_FLOAT, BLIS_MR, context) > 0;
}
")
  set(blis_target_type ${CMAKE_TRY_COMPILE_TARGET_TYPE})
  set(CMAKE_TRY_COMPILE_TARGET_TYPE STATIC_LIBRARY)  # compiled, not linked
  try_compile(blis_interface ${CMAKE_BINARY_DIR}/CMakeFiles/blis_interface
              ${CMAKE_BINARY_DIR}/CMakeFiles/blis_interface.cpp
              CMAKE_FLAGS -DINCLUDE_DIRECTORIES=${BLIS_INCLUDE_DIR})
  set(CMAKE_TRY_COMPILE_TARGET_TYPE ${blis_target_type})
  set(BLIS_HAS_INTERFACE_OF_0_9 ${blis_interface} CACHE INTERNAL "BLIS has microkernels that Tally can call")
  unset(blis_interface CACHE)

  # The OpenMP macro stands in the header behind "#if 0" or "#if 1", so only a compiler can tell.
  file(WRITE ${CMAKE_BINARY_DIR}/CMakeFiles/blis_version.c
"#include <blis.h>
#include <stdio.h>
int main(void) {
#ifdef BLIS_ENABLE_OPENMP
  printf(\"openmp %s\", bli_info_get_version_str());
#else
  printf(\"other %s\", bli_info_get_version_str());
#endif
  return 0;
}
")
  if(NOT CMAKE_CROSSCOMPILING)
    unset(blis_run_status CACHE)
    unset(blis_compiled CACHE)
    try_run(blis_run_status blis_compiled ${CMAKE_BINARY_DIR}/CMakeFiles/blis_probe
            ${CMAKE_BINARY_DIR}/CMakeFiles/blis_version.c
            CMAKE_FLAGS -DINCLUDE_DIRECTORIES=${BLIS_INCLUDE_DIR}
            LINK_LIBRARIES ${BLIS_LIBRARY} m
            RUN_OUTPUT_VARIABLE blis_version_output)
    if(blis_compiled AND blis_run_status EQUAL 0 AND blis_version_output MATCHES "^(openmp|other) (.+)$")
      set(BLIS_VERSION ${CMAKE_MATCH_2} CACHE INTERNAL "BLIS version")
      if(CMAKE_MATCH_1 STREQUAL "openmp")
        set(BLIS_OPENMP TRUE CACHE INTERNAL "BLIS was built with OpenMP")
      else()
        set(BLIS_OPENMP FALSE CACHE INTERNAL "BLIS was built with OpenMP")
      endif()
    endif()
  endif()
endif()

set(blis_advice "install libblis-openmp-dev (cmake/install-dependencies does) or set BLIS_ROOT")
if(BLIS_INCLUDE_DIR AND BLIS_LIBRARY AND NOT BLIS_HAS_INTERFACE_OF_0_9)
  string(CONCAT blis_advice "BLIS ${BLIS_VERSION} in ${BLIS_INCLUDE_DIR} has not the microkernels of BLIS 0.9, which "
         "Tally calls: set BLIS_ROOT to a BLIS 0.9, or TALLY_WITH_BLIS=OFF")
endif()
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(BLIS REQUIRED_VARS BLIS_LIBRARY BLIS_INCLUDE_DIR BLIS_HAS_INTERFACE_OF_0_9
  VERSION_VAR BLIS_VERSION REASON_FAILURE_MESSAGE "${blis_advice}")

if(BLIS_FOUND AND NOT TARGET BLIS::BLIS)
  add_library(BLIS::BLIS UNKNOWN IMPORTED)
  set_target_properties(BLIS::BLIS PROPERTIES
    IMPORTED_LOCATION ${BLIS_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${BLIS_INCLUDE_DIR})
endif()
mark_as_advanced(BLIS_INCLUDE_DIR BLIS_LIBRARY)

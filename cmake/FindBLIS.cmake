# Finds BLIS with its typed and object APIs (blis.h), which ships neither CMake nor pkg-config files.
#
# Defines BLIS::BLIS, BLIS_FOUND, BLIS_VERSION (as the library tells it, empty when cross-compiling) and
# BLIS_OPENMP (whether it was built with OpenMP threads). Set BLIS_ROOT for an installation of your own.
find_path(BLIS_INCLUDE_DIR NAMES blis.h PATH_SUFFIXES blis blis-openmp blis-pthread blis-serial)
find_library(BLIS_LIBRARY NAMES blis blis-mt PATH_SUFFIXES blis-openmp blis-pthread blis-serial)

if(BLIS_INCLUDE_DIR AND BLIS_LIBRARY AND NOT DEFINED BLIS_VERSION AND NOT CMAKE_CROSSCOMPILING)
  # The OpenMP macro stands in the header behind "#if 0" or "#if 1", so only a compiler can tell.
  file(WRITE ${CMAKE_BINARY_DIR}/CMakeFiles/blis_version.c
"#include <blis.h>
#include <stdio.h>
int main(void) {
#ifdef BLIS_ENABLE_OPENMP
  printf(\"%s openmp\", bli_info_get_version_str());
#else
  printf(\"%s other\", bli_info_get_version_str());
#endif
  return 0;
}
")
  try_run(blis_run_status blis_compiled ${CMAKE_BINARY_DIR}/CMakeFiles/blis_probe
          ${CMAKE_BINARY_DIR}/CMakeFiles/blis_version.c
          CMAKE_FLAGS -DINCLUDE_DIRECTORIES=${BLIS_INCLUDE_DIR}
          LINK_LIBRARIES ${BLIS_LIBRARY}
          RUN_OUTPUT_VARIABLE blis_version_output)
  if(blis_compiled AND blis_run_status EQUAL 0 AND blis_version_output MATCHES "^([^ ]+) (openmp|other)$")
    set(BLIS_VERSION ${CMAKE_MATCH_1} CACHE INTERNAL "BLIS version")
    if(CMAKE_MATCH_2 STREQUAL "openmp")
      set(BLIS_OPENMP TRUE CACHE INTERNAL "BLIS was built with OpenMP")
    else()
      set(BLIS_OPENMP FALSE CACHE INTERNAL "BLIS was built with OpenMP")
    endif()
  endif()
endif()

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(BLIS REQUIRED_VARS BLIS_LIBRARY BLIS_INCLUDE_DIR VERSION_VAR BLIS_VERSION
  REASON_FAILURE_MESSAGE "install libblis-openmp-dev (cmake/install-dependencies does) or set BLIS_ROOT")

if(BLIS_FOUND AND NOT TARGET BLIS::BLIS)
  add_library(BLIS::BLIS UNKNOWN IMPORTED)
  set_target_properties(BLIS::BLIS PROPERTIES
    IMPORTED_LOCATION ${BLIS_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${BLIS_INCLUDE_DIR})
endif()
mark_as_advanced(BLIS_INCLUDE_DIR BLIS_LIBRARY)

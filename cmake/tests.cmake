# Test helpers: one binary per layer, every test with a timeout and a label.
find_program(TALLY_PYTHON python3 PATHS /usr/bin NO_DEFAULT_PATH)

# tally_unit_tests(<target> SOURCES <files> LIBRARIES <targets> [FIXTURE name] [LABELS ...]): one GoogleTest binary, one
# ctest entry per test case. They run after the tests that set up the fixture.
function(tally_unit_tests target)
  cmake_parse_arguments(arg "" "FIXTURE" "SOURCES;LIBRARIES;LABELS" ${ARGN})
  if(NOT arg_LABELS)
    set(arg_LABELS quick)
  endif()
  add_executable(${target} ${arg_SOURCES})
  target_link_libraries(${target} PRIVATE ${arg_LIBRARIES} GTest::gmock GTest::gtest GTest::gtest_main tally_warnings)
  set(properties TIMEOUT 120 LABELS ${arg_LABELS})
  if(arg_FIXTURE)
    list(APPEND properties FIXTURES_REQUIRED ${arg_FIXTURE})
  endif()
  if(TALLY_REQUIRE_ORACLES)
    list(APPEND properties ENVIRONMENT TALLY_REQUIRE_ORACLES=1)
  endif()
  gtest_discover_tests(${target} PROPERTIES ${properties} DISCOVERY_TIMEOUT 60)
endfunction()

# tally_made_files(<fixture> <script> <folder>): a Python script that writes files for C++ tests into a folder, once
# before them. Where its oracle is missing it writes none, and the tests skip (or fail, with TALLY_REQUIRE_ORACLES).
function(tally_made_files fixture script folder)
  add_test(NAME make.${fixture} COMMAND ${TALLY_PYTHON} -B ${CMAKE_CURRENT_SOURCE_DIR}/${script} ${folder})
  set_tests_properties(make.${fixture} PROPERTIES TIMEOUT 120 LABELS quick FIXTURES_SETUP ${fixture}
    ENVIRONMENT TALLY_REQUIRE_ORACLES=$<BOOL:${TALLY_REQUIRE_ORACLES}>)
endfunction()

# tally_mpi_tests(<target> NP 1 2 3 4 [FILTER f]): runs an MPI-aware GoogleTest binary once per rank count,
# oversubscribed; all of its tests, or those of GoogleTest's filter.
# Two BLIS or OpenMP teams on two cores are slow enough without binding to the same one.
function(tally_mpi_tests target)
  cmake_parse_arguments(arg "" "FILTER" "NP" ${ARGN})
  if(NOT arg_FILTER)
    set(arg_FILTER *)
  endif()
  foreach(np IN LISTS arg_NP)
    add_test(NAME mpi.${target}.np${np}
             COMMAND ${MPIEXEC_EXECUTABLE} --oversubscribe --bind-to none ${MPIEXEC_NUMPROC_FLAG} ${np}
                     $<TARGET_FILE:${target}> --gtest_filter=${arg_FILTER})
    set_tests_properties(mpi.${target}.np${np} PROPERTIES TIMEOUT 120 LABELS "quick;mpi" PROCESSORS ${np}
      ENVIRONMENT "OMPI_ALLOW_RUN_AS_ROOT=1;OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1;OMP_NUM_THREADS=2")
  endforeach()
endfunction()

# tally_python_test(<name> <script> [LABELS ...] [TIMEOUT s] [ARGS ...]): a unittest script that drives the program from
# outside. Exit code 77 means skipped (an oracle is missing); with TALLY_REQUIRE_ORACLES the script fails instead.
function(tally_python_test name script)
  cmake_parse_arguments(arg "" "TIMEOUT" "LABELS;ARGS" ${ARGN})
  if(NOT arg_LABELS)
    set(arg_LABELS quick)
  endif()
  if(NOT arg_TIMEOUT)
    set(arg_TIMEOUT 300)
  endif()
  add_test(NAME ${name} COMMAND ${TALLY_PYTHON} -B ${CMAKE_CURRENT_SOURCE_DIR}/${script} ${arg_ARGS})
  set_tests_properties(${name} PROPERTIES TIMEOUT ${arg_TIMEOUT} LABELS "${arg_LABELS}" SKIP_RETURN_CODE 77
    ENVIRONMENT "TALLY=$<$<TARGET_EXISTS:tally>:$<TARGET_FILE:tally>>;TALLY_SOURCE_DIR=${PROJECT_SOURCE_DIR};TALLY_REFERENCE_DATA=${TALLY_REFERENCE_DATA};TALLY_REQUIRE_ORACLES=$<BOOL:${TALLY_REQUIRE_ORACLES}>;TALLY_MPIEXEC=${MPIEXEC_EXECUTABLE};OMPI_ALLOW_RUN_AS_ROOT=1;OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1;PYTHONPATH=${PROJECT_SOURCE_DIR}/tests/cli")
endfunction()

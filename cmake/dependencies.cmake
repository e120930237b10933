# Everything Tally links, found once. A package that is missing ends in one line that says what to install.
find_package(Threads REQUIRED)
find_package(OpenMP REQUIRED COMPONENTS CXX)
find_package(BLIS REQUIRED)
find_package(HDF5 REQUIRED COMPONENTS C)
find_package(MPI 3.1 REQUIRED COMPONENTS CXX)
find_package(ZLIB REQUIRED)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json 3.10 REQUIRED)
find_package(fmt REQUIRED)

# io compiles against whichever build of HDF5 is there. The parallel one's header includes mpi.h, so it brings that
# folder along; io itself calls no MPI.
add_library(tally_hdf5 INTERFACE)
target_include_directories(tally_hdf5 SYSTEM INTERFACE ${HDF5_C_INCLUDE_DIRS})
target_compile_definitions(tally_hdf5 INTERFACE ${HDF5_C_DEFINITIONS})
target_link_libraries(tally_hdf5 INTERFACE ${HDF5_C_LIBRARIES})
if(HDF5_IS_PARALLEL)
  target_include_directories(tally_hdf5 SYSTEM INTERFACE ${MPI_CXX_INCLUDE_DIRS})
endif()

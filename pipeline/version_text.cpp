#include <string>

#include "io/hdf5_version.hpp"
#include "kernels/blis.hpp"
#include "pipeline/commands.hpp"
#include "pipeline/version.hpp"

namespace tally::pipeline {

std::string version_text() {
  std::string configuration;
  try {
    configuration = choose_blis_configuration().name;
  } catch (const Error& error) {
    configuration = std::string("none (") + error.what() + ")";
  }
  return std::string("tally ") + version + " (" + revision + ")\n" +  //
         "BLIS   " + blis_version() + ", configuration " + configuration + "\n" + "HDF5   " + io::hdf5_version() +
         "\n" +  //
         "MPI    " + mpi_version() + "\n";
}

}  // namespace tally::pipeline

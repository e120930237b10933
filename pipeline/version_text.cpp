#include <string>

#include "io/hdf5_version.hpp"
#include "kernels/blis.hpp"
#include "kernels/vector_isa.hpp"
#include "pipeline/commands.hpp"
#include "pipeline/version.hpp"

namespace tally::pipeline {

namespace {

/// The name of what was chosen, or why nothing could be.
template <class Choose>
std::string chosen_or_reason(Choose choose) {
  try {
    return std::string(choose());
  } catch (const Error& error) {
    return std::string("none (") + error.what() + ")";
  }
}

}  // namespace

std::string version_text() {
  const std::string configuration = chosen_or_reason([] { return choose_blis_configuration().name; });
  const std::string isa = chosen_or_reason([] { return name_of(choose_vector_isa()); });
  return std::string("tally ") + version + " (" + revision + ")\n" +               //
         "BLIS   " + blis_version() + ", configuration " + configuration + "\n" +  //
         "vector " + isa + "\n" +                                                  //
         "HDF5   " + io::hdf5_version() + "\n" +                                   //
         "MPI    " + mpi_version() + "\n";
}

}  // namespace tally::pipeline

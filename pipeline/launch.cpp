#include "pipeline/launch.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>

namespace tally::pipeline {
namespace {

std::optional<int> number(const Environment& environment, const char* name) {
  const auto text = environment(name);
  int value = 0;
  if (!text) return std::nullopt;
  const auto [end, status] = std::from_chars(text->data(), text->data() + text->size(), value);
  if (status != std::errc() || end != text->data() + text->size()) return std::nullopt;
  return value;
}

}  // namespace

Environment process_environment() {
  return [](const char* name) -> std::optional<std::string> {
    const char* value = std::getenv(name);
    if (value == nullptr) return std::nullopt;
    return std::string(value);
  };
}

int launched_rank(const Environment& environment) {
  for (const char* name : {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK"}) {
    if (const auto rank = number(environment, name)) return *rank;
  }
  // Slurm sets SLURM_PROCID to 0 in a batch script too, which is right as well.
  return number(environment, "SLURM_PROCID").value_or(0);
}

bool launched(const Environment& environment) {
  return environment("OMPI_COMM_WORLD_RANK") || environment("PMIX_RANK") || environment("PMI_RANK");
}

int launched_processes(const Environment& environment) {
  for (const char* name : {"OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"}) {
    if (const auto size = number(environment, name)) return std::max(1, *size);
  }
  return 1;
}

std::optional<std::string> separate_processes(const Environment& environment, int world_size) {
  if (world_size > 1 || environment("OMPI_COMM_WORLD_SIZE")) return std::nullopt;
  // SLURM_NTASKS is set in a batch script as well; the step's own count tells that srun started this process.
  if (const auto tasks = number(environment, "SLURM_STEP_NUM_TASKS"); tasks && *tasks > 1) {
    return "srun started " + std::to_string(*tasks) +
           " processes that do not know of each other; use srun --mpi=pmix, or mpirun";
  }
  if (const auto size = number(environment, "PMI_SIZE"); size && *size > 1) {
    return "the mpirun of another MPI started " + std::to_string(*size) +
           " processes that do not know of each other; use Open MPI's mpirun";
  }
  return std::nullopt;
}

}  // namespace tally::pipeline

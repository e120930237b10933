// The commands of the program. Each returns the exit code; errors are thrown; text for people goes to `out`.
#pragma once

#include <iosfwd>
#include <string>

#include "pipeline/command_line.hpp"
#include "pipeline/kernel_choice.hpp"
#include "pipeline/mpi.hpp"

namespace tally::pipeline {

/// How an evaluation ended, on every rank alike except for the text.
struct Ending {
  int exit_code = 0;
  std::string error;  // root only: one line for stderr, empty where all went well
};

/// What main knows before MPI: its own command line, and the kernels chosen for this process.
struct Start {
  std::string command;  // the command line, for the report
  KernelChoice kernels;
  std::string kernel_error;  // why none could be chosen
  /// Prints a line and ends all ranks; for a thread that does not come back. Does not return.
  void (*end_now)(const char* line) = nullptr;
};

/// Collective. Evaluates, writes the output files, prints the summary on the root. Failures that all ranks survive
/// become an Ending; what is thrown (StrandedError, MPI errors) leaves no other way than MPI_Abort. All ranks have met
/// by the time it returns, so that each may leave.
Ending evaluate(const MpiSession& session, const Start& start, const EvaluateOptions& options, std::ostream& out,
                std::ostream& warnings);

/// Local.
void inspect(const InspectOptions& options, std::ostream& out);
void import_idx(const ImportIdxOptions& options, std::ostream& out);
void import_model(const ImportModelOptions& options, std::ostream& out);
void show_activations(const ActivationsOptions& options, std::ostream& out);

/// Local. Measures the forward pass for a bounded time; `command` is the command line, for the report. A line on `out`
/// for each number of threads as soon as it is measured.
void bench(const BenchOptions& options, const std::string& command, std::ostream& out, std::ostream& warnings);

/// Versions of Tally, BLIS, HDF5 and MPI, and the kernels chosen, for --version; a newline at the end.
std::string version_text();

}  // namespace tally::pipeline

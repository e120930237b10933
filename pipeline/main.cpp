// The program: parses the command line, runs a command, and is the only place that ends the process.
#include <unistd.h>

#include <cstring>
#include <iostream>
#include <memory>

#include "io/hdf5_section.hpp"
#include "pipeline/commands.hpp"
#include "pipeline/launch.hpp"
#include "pipeline/scatter.hpp"

namespace {

using namespace tally;
using namespace tally::pipeline;

constexpr int exit_failed = 1;
constexpr int exit_usage = 2;

void print_error(const std::string& text) {
  // One write: lines of several processes do not mix.
  std::string line = "tally: " + text;
  for (char& c : line) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  line += '\n';
  std::cout.flush();
  std::cerr << line << std::flush;
}

[[noreturn]] void end_all_ranks(int exit_code) {
  int initialized = 0;
  int finalized = 0;
  MPI_Initialized(&initialized);
  MPI_Finalized(&finalized);
  if (initialized != 0 && finalized == 0) MPI_Abort(MPI_COMM_WORLD, exit_code);
  _exit(exit_code);
}

/// libhdf5 crashed or loops on a damaged file (see io/hdf5_section.hpp): other threads are in no state to be unwound.
void end_after_crash(const char* line) {
  const std::string text = "tally: " + std::string(line) + "\n";
  if (write(STDERR_FILENO, text.data(), text.size()) < 0) _exit(exit_failed);
  end_all_ranks(exit_failed);
}

std::string joined(int argc, char** argv) {
  std::string text;
  for (int i = 0; i < argc; ++i) text += (i == 0 ? "" : " ") + std::string(argv[i]);
  return text;
}

/// The output the user asked for must have reached stdout: a full disk behind a redirection is a failure.
int flushed(int exit_code) {
  std::cout.flush();
  if (std::cout) return exit_code;
  print_error("cannot write to standard output");
  return exit_failed;
}

int run_local(const Command& command) {
  if (const auto* message = std::get_if<Message>(&command)) std::cout << message->text;
  if (const auto* options = std::get_if<InspectOptions>(&command)) inspect(*options, std::cout);
  if (const auto* options = std::get_if<ImportIdxOptions>(&command)) import_idx(*options, std::cout);
  if (const auto* options = std::get_if<ImportModelOptions>(&command)) import_model(*options, std::cout);
  if (const auto* options = std::get_if<ActivationsOptions>(&command)) show_activations(*options, std::cout);
  return flushed(0);
}

/// Local commands under mpirun are run by one process only: several would write the same file.
int run_local_once(const Command& command) {
  if (launched_rank(process_environment()) > 0) return 0;
  io::install_hdf5_guard(end_after_crash);
  try {
    return run_local(command);
  } catch (const UsageError& error) {
    print_error(error.what());
    return exit_usage;
  } catch (const std::exception& error) {
    print_error(error.what());
    return exit_failed;
  }
}

Start make_start(int argc, char** argv) {
  Start start;
  start.command = joined(argc, argv);
  try {
    start.blis = choose_blis_configuration();  // asks a forked child, so before MPI_Init
  } catch (const Error& error) {
    start.blis_error = error.what();
  }
  return start;
}

int run_evaluate(int argc, char** argv, const EvaluateOptions& options) {
  const Start start = make_start(argc, argv);
  std::unique_ptr<MpiSession> session;
  try {
    session = std::make_unique<MpiSession>(&argc, &argv);
    io::install_hdf5_guard(end_after_crash);  // after MPI_Init, which installs signal handlers of its own
    if (const auto problem = separate_processes(process_environment(), session->size())) {
      if (launched_rank(process_environment()) == 0) print_error(*problem);
      session->finish(options.stall_seconds);
      return exit_failed;
    }
    const Ending ending = evaluate(*session, start, options, std::cout, std::cerr);
    // Said before the ranks meet: a launcher may end this process as soon as another has left with an error.
    if (!ending.error.empty()) print_error(ending.error);
    const int exit_code = session->root() ? flushed(ending.exit_code) : ending.exit_code;
    session->finish(options.stall_seconds);
    return exit_code;
  } catch (const std::exception& error) {
    // An exception that gets here is one that the ranks do not share.
    const bool name_rank = session && session->rank() > 0;
    print_error((name_rank ? "rank " + std::to_string(session->rank()) + ": " : std::string()) + error.what());
    end_all_ranks(exit_failed);
  }
}

}  // namespace

int main(int argc, char** argv) {
  Command command;
  try {
    command = parse_command_line(argc, argv, version_text);
  } catch (const UsageError& error) {
    // Every process finds this error. Those other than the first leave without one, lest a launcher ends the first
    // before it has spoken; its exit code is what the launcher returns.
    if (launched_rank(process_environment()) > 0) return 0;
    print_error(error.what());
    return exit_usage;
  } catch (const std::exception& error) {
    print_error(error.what());
    return exit_failed;
  }
  if (const auto* options = std::get_if<EvaluateOptions>(&command)) return run_evaluate(argc, argv, *options);
  return run_local_once(command);
}

// The program: parses the command line, runs a command, and is the only place that ends the process.
#include <unistd.h>

#include <csignal>
#include <cstring>
#include <iostream>
#include <memory>
#include <new>
#include <string_view>

#include "io/atomic_file.hpp"
#include "io/hdf5_section.hpp"
#include "pipeline/commands.hpp"
#include "pipeline/launch.hpp"
#include "pipeline/scatter.hpp"
#include "pipeline/text.hpp"

namespace {

using namespace tally;
using namespace tally::pipeline;

constexpr int exit_failed = 1;
constexpr int exit_usage = 2;

void print_error(const std::string& text) {
  // One write: lines of several processes do not mix.
  const std::string line = "tally: " + without_control_characters(text) + "\n";
  std::cout.flush();
  std::cerr << line << std::flush;
}

[[noreturn]] void end_all_ranks(int exit_code) {
  int initialized = 0;
  int finalized = 0;
  MPI_Initialized(&initialized);
  MPI_Finalized(&finalized);
  io::remove_pending_files();  // nothing will unwind
  if (initialized != 0 && finalized == 0) MPI_Abort(MPI_COMM_WORLD, exit_code);
  _exit(exit_code);
}

/// libhdf5 crashed or loops on a damaged file (see io/hdf5_section.hpp): other threads are in no state to be unwound.
void end_after_crash(const char* line) {
  const std::string text = "tally: " + std::string(line) + "\n";
  if (write(STDERR_FILENO, text.data(), text.size()) < 0) _exit(exit_failed);
  end_all_ranks(exit_failed);
}

/// SIGTERM and the like: leaves no temporary file behind, then ends as the signal would have.
void end_by_signal(int signal) {
  io::remove_pending_files();
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

void clean_up_on_signals() {
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) {
    if (std::signal(signal, end_by_signal) == SIG_IGN) std::signal(signal, SIG_IGN);  // nohup's wish
  }
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

int run_local(const Command& command, const std::string& words) {
  if (const auto* message = std::get_if<Message>(&command)) std::cout << message->text;
  if (const auto* options = std::get_if<BenchOptions>(&command)) bench(*options, words, std::cout, std::cerr);
  if (const auto* options = std::get_if<InspectOptions>(&command)) inspect(*options, std::cout);
  if (const auto* options = std::get_if<ImportIdxOptions>(&command)) import_idx(*options, std::cout);
  if (const auto* options = std::get_if<ImportModelOptions>(&command)) import_model(*options, std::cout);
  if (const auto* options = std::get_if<ActivationsOptions>(&command)) show_activations(*options, std::cout);
  return flushed(0);
}

/// Runs in every process that was started, also under srun: each may have been given other files.
int run_local_command(const Command& command, const std::string& words) {
  clean_up_on_signals();
  io::install_hdf5_guard(end_after_crash);
  try {
    return run_local(command, words);
  } catch (const UsageError& error) {
    print_error(error.what());
    return exit_usage;
  } catch (const std::bad_alloc&) {
    print_error("out of memory");
    return exit_failed;
  } catch (const std::exception& error) {
    print_error(error.what());
    return exit_failed;
  }
}

/// A usage error that every rank of a job finds: rank 0 says it, all end together, so that no launcher ends rank 0
/// before it has spoken.
int end_together(int argc, char** argv, const std::string& error) {
  try {
    MpiSession session(&argc, &argv);
    if (session.root()) print_error(error);
    session.finish(60.0);
  } catch (const std::exception& failure) {
    print_error(failure.what());
    end_all_ranks(exit_usage);
  }
  return exit_usage;
}

Start make_start(int argc, char** argv) {
  Start start;
  start.command = joined(argc, argv);
  start.end_now = end_after_crash;
  try {
    start.kernels = choose_kernels();  // asks a forked child, so before MPI_Init
  } catch (const Error& error) {
    start.kernel_error = error.what();
  }
  return start;
}

int run_evaluate(int argc, char** argv, const EvaluateOptions& options) {
  const Start start = make_start(argc, argv);
  std::unique_ptr<MpiSession> session;
  try {
    session = std::make_unique<MpiSession>(&argc, &argv);
    clean_up_on_signals();
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
    session->finish(options.stall_seconds + (session->root() ? 0.0 : 5.0));
    return exit_code;
  } catch (const std::bad_alloc&) {
    print_error((session ? "rank " + std::to_string(session->rank()) + ": " : std::string()) + "out of memory");
    end_all_ranks(exit_failed);
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
    const bool evaluate_command = argc > 1 && std::string_view(argv[1]) == "evaluate";
    if (evaluate_command && launched(process_environment())) return end_together(argc, argv, error.what());
    print_error(error.what());
    return exit_usage;
  } catch (const std::exception& error) {
    print_error(error.what());
    return exit_failed;
  }
  if (const auto* options = std::get_if<EvaluateOptions>(&command)) return run_evaluate(argc, argv, *options);
  return run_local_command(command, joined(argc, argv));
}

#include "pipeline/mpi.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <limits>
#include <thread>

namespace tally::pipeline {
namespace {

/// Within which all ranks must have come out of MPI_Init, which itself waits for all of them.
constexpr double start_seconds = 300.0;

}  // namespace

void check_mpi(int code, const char* call) {
  if (code == MPI_SUCCESS) return;
  std::array<char, MPI_MAX_ERROR_STRING> text{};
  int length = 0;
  if (MPI_Error_string(code, text.data(), &length) != MPI_SUCCESS) length = 0;
  throw Error(std::string(call) + " failed: " + std::string(text.data(), static_cast<std::size_t>(length)));
}

int mpi_count(std::size_t count) {
  if (count > static_cast<std::size_t>(std::numeric_limits<int>::max())) {
    throw Error("a message of " + std::to_string(count) + " elements is more than MPI can count");
  }
  return static_cast<int>(count);
}

MpiSession::MpiSession(int* argc, char*** argv) : started_(std::chrono::steady_clock::now()) {
  int provided = MPI_THREAD_SINGLE;
  check_mpi(MPI_Init_thread(argc, argv, MPI_THREAD_FUNNELED, &provided), "MPI_Init_thread");
  check_mpi(MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  check_mpi(MPI_Comm_set_errhandler(MPI_COMM_SELF, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  if (provided < MPI_THREAD_FUNNELED) {
    throw Error("this MPI provides thread level " + std::to_string(provided) + ", MPI_THREAD_FUNNELED (" +
                std::to_string(MPI_THREAD_FUNNELED) + ") is needed");
  }
  MPI_Request request = MPI_REQUEST_NULL;
  check_mpi(MPI_Comm_idup(MPI_COMM_WORLD, &communicator_, &request), "MPI_Comm_idup");
  wait_for(request, start_seconds, "waiting for all ranks to start");
  check_mpi(MPI_Comm_set_errhandler(communicator_, MPI_ERRORS_RETURN), "MPI_Comm_set_errhandler");
  check_mpi(MPI_Comm_rank(communicator_, &rank_), "MPI_Comm_rank");
  check_mpi(MPI_Comm_size(communicator_, &size_), "MPI_Comm_size");
}

void MpiSession::finish(double stall_seconds) {
  MPI_Request request = MPI_REQUEST_NULL;
  check_mpi(MPI_Ibarrier(communicator_, &request), "MPI_Ibarrier");
  wait_for(request, stall_seconds, "waiting for all ranks to end");
  check_mpi(MPI_Comm_free(&communicator_), "MPI_Comm_free");
  check_mpi(MPI_Finalize(), "MPI_Finalize");
}

std::string mpi_version() {
  std::array<char, MPI_MAX_LIBRARY_VERSION_STRING> text{};
  int length = 0;
  std::string library = "unknown";
  if (MPI_Get_library_version(text.data(), &length) == MPI_SUCCESS) {
    library.assign(text.data(), static_cast<std::size_t>(std::max(0, length)));
    library = library.substr(0, library.find_first_of(",\n"));
    while (!library.empty() && (library.back() == '\0' || library.back() == ' ')) library.pop_back();
  }
  int major = 0;
  int minor = 0;
  MPI_Get_version(&major, &minor);
  return library + ", MPI " + std::to_string(major) + "." + std::to_string(minor);
}

Patience::Patience(double stall_seconds)
    : stall_seconds_(stall_seconds), last_move_(std::chrono::steady_clock::now()) {}

void Patience::touch() { last_move_ = std::chrono::steady_clock::now(); }

void Patience::moved() {
  touch();
  pause_ = shortest_;
}

void Patience::check(const std::function<std::string()>& what) const {
  const std::chrono::duration<double> waited = std::chrono::steady_clock::now() - last_move_;
  if (waited.count() <= stall_seconds_) return;
  std::array<char, 32> seconds{};
  std::snprintf(seconds.data(), seconds.size(), "%.1f", waited.count());
  throw StallError("no progress for " + std::string(seconds.data()) + " s: " + what());
}

std::chrono::microseconds Patience::next_pause() {
  const auto pause = std::clamp(pause_, shortest_, longest_);
  pause_ = std::min(pause * 3 / 2, longest_);
  return pause;
}

void Patience::idle(const std::function<std::string()>& what) {
  check(what);
  std::this_thread::sleep_for(next_pause());
}

void Patience::idle(Signal& events, std::uint64_t seen, const std::function<std::string()>& what) {
  check(what);
  events.wait_for(seen, next_pause());
}

bool completed(MPI_Request& request, MPI_Status* status) {
  int flag = 0;
  check_mpi(MPI_Test(&request, &flag, status), "MPI_Test");
  return flag != 0;
}

void wait_for(MPI_Request& request, double stall_seconds, const char* what) {
  Patience patience(stall_seconds);
  while (!completed(request)) patience.idle([what] { return std::string(what); });
}

}  // namespace tally::pipeline

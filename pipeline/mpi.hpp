// The thin layer over MPI: calls that test their return codes, waits that sleep instead of spin and have a bound.
#pragma once

#include <mpi.h>

#include <chrono>
#include <cstddef>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "kernels/signal.hpp"
#include "kernels/types.hpp"

namespace tally::pipeline {

/// Throws Error with MPI's own words where `code` is not MPI_SUCCESS. `call` names the function.
void check_mpi(int code, const char* call);

/// What is larger travels in pieces of so much, which MPI's int counts can name.
inline constexpr std::size_t piece_bytes = std::size_t{64} << 20;

/// The one cast into MPI's int counts. Throws Error where the count does not fit (2^31 - 1).
int mpi_count(std::size_t count);

/// MPI, from start to end. Local data only after construction; construction and finish() are collective.
class MpiSession {
 public:
  /// MPI_Init_thread with MPI_THREAD_FUNNELED (Error if less is provided), then a duplicate of MPI_COMM_WORLD that
  /// returns error codes, as do MPI_COMM_WORLD and MPI_COMM_SELF.
  MpiSession(int* argc, char*** argv);
  /// Without finish(), nothing is called: the process is about to abort.
  ~MpiSession() = default;
  MpiSession(const MpiSession&) = delete;
  MpiSession& operator=(const MpiSession&) = delete;

  MPI_Comm communicator() const { return communicator_; }
  int rank() const { return rank_; }
  int size() const { return size_; }
  bool root() const { return rank_ == 0; }
  /// When MPI_Init was called.
  std::chrono::steady_clock::time_point started() const { return started_; }

  /// Collective: all ranks meet in a polled MPI_Ibarrier, bounded by stall_seconds (Error beyond), then MPI_Finalize.
  void finish(double stall_seconds);

 private:
  MPI_Comm communicator_ = MPI_COMM_NULL;
  int rank_ = 0;
  int size_ = 1;
  std::chrono::steady_clock::time_point started_;
};

/// "Open MPI v4.1.4, MPI 3.1".
std::string mpi_version();

/// Nothing moved for as long as the user was willing to wait.
class StallError : public Error {
 public:
  using Error::Error;
};

/// How long to sleep between polls: 20 microseconds while things move, backing off to 1 ms when nothing does, and
/// StallError after stall_seconds without movement.
class Patience {
 public:
  explicit Patience(double stall_seconds);
  /// Something moved: start again from the shortest sleep.
  void moved();
  /// What there is to wait for is not another rank's: the time starts again, the sleep does not.
  void touch();
  /// Nothing moved: sleeps. Throws StallError "no progress for N s: <what>" once the bound is passed; `what` is only
  /// called then.
  void idle(const std::function<std::string()>& what);
  /// The same, but another thread can end the sleep: `events` is raised after it was seen at `seen`.
  void idle(Signal& events, std::uint64_t seen, const std::function<std::string()>& what);
  /// The shortest and the longest sleep from now on.
  void set_sleep(std::chrono::microseconds shortest, std::chrono::microseconds longest) {
    shortest_ = shortest;
    longest_ = longest;
  }

 private:
  void check(const std::function<std::string()>& what) const;
  std::chrono::microseconds next_pause();

  double stall_seconds_;
  std::chrono::steady_clock::time_point last_move_;
  std::chrono::microseconds shortest_{20};
  std::chrono::microseconds longest_{1000};
  std::chrono::microseconds pause_{shortest_};
};

/// Waits for one request, with patience. The request is MPI_REQUEST_NULL afterwards.
void wait_for(MPI_Request& request, double stall_seconds, const char* what);

/// Whether the request has completed (and is MPI_REQUEST_NULL now); true for MPI_REQUEST_NULL.
bool completed(MPI_Request& request, MPI_Status* status = MPI_STATUS_IGNORE);

}  // namespace tally::pipeline

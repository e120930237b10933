#include "pipeline/root_step.hpp"

#include <algorithm>
#include <future>
#include <vector>

#include "pipeline/tags.hpp"

namespace tally::pipeline {
namespace {

constexpr char at_work = 0;
constexpr char ended = 1;

/// The root's messages to all others. A rank that has not taken the last one gets no further one until it has.
class Announcer {
 public:
  explicit Announcer(const MpiSession& session)
      : session_(session), requests_(static_cast<std::size_t>(session.size() - 1), MPI_REQUEST_NULL) {}

  void announce_work() {
    for (std::size_t index = 0; index < requests_.size(); ++index) {
      if (completed(requests_[index])) send(index, at_work);
    }
  }
  void announce_end(double stall_seconds) {
    for (std::size_t index = 0; index < requests_.size(); ++index) {
      wait_for(requests_[index], stall_seconds, "a rank does not take the root's messages");
      send(index, ended);
    }
    for (MPI_Request& request : requests_) {
      wait_for(request, stall_seconds, "a rank does not take the root's messages");
    }
  }

 private:
  void send(std::size_t index, const char& message) {
    check_mpi(MPI_Isend(&message, 1, MPI_CHAR, static_cast<int>(index) + 1, root_step_tag, session_.communicator(),
                        &requests_[index]),
              "MPI_Isend");
  }
  const MpiSession& session_;
  std::vector<MPI_Request> requests_;
};

void lead(const MpiSession& session, const std::function<void()>& step, double stall_seconds) {
  Announcer announcer(session);
  const std::chrono::duration<double> interval(std::min(1.0, stall_seconds / 4));
  std::future<void> work = std::async(std::launch::async, step);
  while (work.wait_for(interval) != std::future_status::ready) announcer.announce_work();
  announcer.announce_end(stall_seconds);
  work.get();
}

void follow(const MpiSession& session, double stall_seconds) {
  char message = at_work;
  while (message != ended) {
    MPI_Request request = MPI_REQUEST_NULL;
    check_mpi(MPI_Irecv(&message, 1, MPI_CHAR, 0, root_step_tag, session.communicator(), &request), "MPI_Irecv");
    wait_for(request, stall_seconds, "the root is not heard of");
  }
}

}  // namespace

void run_on_root(const MpiSession& session, const std::function<void()>& step, double stall_seconds) {
  if (session.size() == 1) return step();
  if (session.root()) {
    lead(session, step, stall_seconds);
  } else {
    follow(session, stall_seconds);
  }
}

}  // namespace tally::pipeline

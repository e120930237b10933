// main of tests under mpirun: every rank runs every test; a failure on any rank is shown with its rank and fails all.
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <exception>
#include <memory>
#include <string>

#include "pipeline/broadcast.hpp"
#include "tests/pipeline/mpi_session.hpp"

namespace tally::pipeline {
namespace {

const MpiSession* current = nullptr;

/// On ranks other than 0, in place of GoogleTest's own printer: failures only, in one write each, so that the lines of
/// several ranks do not mix.
class RankPrinter : public testing::EmptyTestEventListener {
 public:
  explicit RankPrinter(int rank) : rank_(rank) {}

  void OnTestStart(const testing::TestInfo& info) override {
    test_ = std::string(info.test_suite_name()) + "." + info.name();
  }
  /// GoogleTest holds its lock here: nothing may be asked of it.
  void OnTestPartResult(const testing::TestPartResult& result) override {
    if (!result.failed()) return;
    const std::string file = result.file_name() != nullptr ? result.file_name() : "unknown file";
    const std::string text = "[ rank " + std::to_string(rank_) + " ] " + test_ + ": " + file + ":" +
                             std::to_string(result.line_number()) + ": Failure\n" + result.message() + "\n";
    std::fwrite(text.data(), 1, text.size(), stderr);
    std::fflush(stderr);
  }

 private:
  int rank_;
  std::string test_;
};

/// The exit code of every rank: 0 only where no test failed on any.
int run_all_tests() {
  const int failed = RUN_ALL_TESTS() == 0 ? 0 : 1;
  const auto sums = reduce_sum(session(), {failed}, test_stall_seconds);
  std::string verdict(1, session().root() && sums.at(0) != 0 ? 'x' : '-');
  broadcast(session(), verdict, test_stall_seconds);
  if (session().root() && verdict == "x" && failed == 0) {
    std::printf("[  FAILED  ] on %lld of %d ranks\n", static_cast<long long>(sums.at(0)), session().size());
  }
  return verdict == "x" ? 1 : 0;
}

}  // namespace

const MpiSession& session() { return *current; }

}  // namespace tally::pipeline

int main(int argc, char** argv) {
  using namespace tally::pipeline;
  testing::InitGoogleTest(&argc, argv);
  std::unique_ptr<MpiSession> session;
  try {
    session = std::make_unique<MpiSession>(&argc, &argv);
    current = session.get();
    if (!session->root()) {
      auto& listeners = testing::UnitTest::GetInstance()->listeners();
      delete listeners.Release(listeners.default_result_printer());
      listeners.Append(new RankPrinter(session->rank()));
    }
    const int exit_code = run_all_tests();
    session->finish(test_stall_seconds);
    return exit_code;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "[ rank %d ] %s\n", session ? session->rank() : -1, error.what());
    if (session) MPI_Abort(MPI_COMM_WORLD, 1);
    _exit(1);
  }
}

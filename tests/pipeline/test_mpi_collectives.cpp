// Collective operations; expected values are functions of (rank, size).
#include <gmock/gmock.h>

#include <chrono>
#include <cstdint>
#include <limits>
#include <numeric>
#include <string>
#include <thread>
#include <vector>

#include "pipeline/broadcast.hpp"
#include "pipeline/model_broadcast.hpp"
#include "pipeline/ranks.hpp"
#include "pipeline/root_step.hpp"
#include "tests/kernels/equal_models.hpp"
#include "tests/pipeline/example_job.hpp"
#include "tests/pipeline/mpi_session.hpp"

namespace tally::pipeline {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;

/// `length` bytes that differ at every position of a 64 MiB piece and between pieces.
std::string pattern(std::size_t length) {
  std::string bytes(length, '\0');
  std::uint32_t state = 1;
  for (char& byte : bytes) {
    state = state * 1664525U + 1013904223U;
    byte = static_cast<char>(state >> 24U);
  }
  return bytes;
}

TEST(Broadcast, EveryRankGetsTheRootsBytes) {
  const std::size_t piece = std::size_t{64} << 20U;
  // 70 MiB: more than a piece; the last one is not full.
  for (const std::size_t length :
       {std::size_t{0}, std::size_t{1}, std::size_t{1000}, piece + (std::size_t{6} << 20U)}) {
    const std::string expected = pattern(length);
    // What the others passed in does not matter, longer or shorter.
    std::string bytes =
        session().root() ? expected : std::string(static_cast<std::size_t>(session().rank() - 1) * 500U, 'x');
    broadcast(session(), bytes, test_stall_seconds);
    EXPECT_TRUE(bytes == expected) << length << " bytes";
  }
}

TEST(BroadcastModel, EveryRankGetsTheRootsModel) {
  for (const Model& expected : {Model{}, example_model()}) {
    Model model = session().root() ? expected : Model{{Layer{}}};
    broadcast_model(session(), model, test_stall_seconds);
    expect_equal(model, expected);
  }
}

// A rank without weights still reports and plans.
TEST(DropWeights, LeavesWhatDescribesTheModel) {
  const Model whole = example_model();
  Model dropped = whole;
  drop_weights(dropped);
  for (const Layer& layer : dropped.layers) EXPECT_EQ(layer.weights.capacity(), 0U);
  EXPECT_EQ(dropped.parameters(), whole.parameters());
  EXPECT_EQ(dropped.flops_per_sample(), whole.flops_per_sample());
  EXPECT_EQ(dropped.classes(), whole.classes());
  EXPECT_EQ(shape_string(dropped), shape_string(whole));
  EXPECT_EQ(activations_string(dropped), activations_string(whole));
}

TEST(AllGather, KeepsTheOrderAndLengthOfEach) {
  const auto of_rank = [](int rank) {
    return std::string(static_cast<std::size_t>((rank * 7) % 5), static_cast<char>('a' + rank));
  };
  const std::vector<std::string> all = all_gather(session(), of_rank(session().rank()), test_stall_seconds);
  ASSERT_EQ(all.size(), static_cast<std::size_t>(session().size()));
  for (int rank = 0; rank < session().size(); ++rank) EXPECT_EQ(all[static_cast<std::size_t>(rank)], of_rank(rank));
}

TEST(AllGather, GathersNothingFromAll) {
  const std::vector<std::string> all = all_gather(session(), "", test_stall_seconds);
  EXPECT_EQ(all, std::vector<std::string>(static_cast<std::size_t>(session().size())));
}

TEST(AllGather, OneLongStringAmongEmptyOnes) {
  const int last = session().size() - 1;
  const std::string text = pattern(100'000);
  const auto all = all_gather(session(), session().rank() == last ? text : "", test_stall_seconds);
  for (int rank = 0; rank < session().size(); ++rank) {
    EXPECT_TRUE(all.at(static_cast<std::size_t>(rank)) == (rank == last ? text : ""));
  }
}

TEST(ReduceSum, AddsElementsOnTheRoot) {
  const std::int64_t rank = session().rank();
  const std::int64_t size = session().size();
  const std::int64_t large = std::int64_t{1} << 40U;
  const auto sums = reduce_sum(session(), {1, rank, -rank * large, large}, test_stall_seconds);
  const std::int64_t ranks = size * (size - 1) / 2;  // 0 + 1 + ... + (size - 1)
  if (session().root()) {
    EXPECT_EQ(sums, (std::vector<std::int64_t>{size, ranks, -ranks * large, size * large}));
  } else {
    EXPECT_THAT(sums, IsEmpty());
  }
}

TEST(ReduceSum, TakesAnEmptyVector) { EXPECT_THAT(reduce_sum(session(), {}, test_stall_seconds), IsEmpty()); }

TEST(ReduceMax, TakesTheLargestOfEachElement) {
  const std::int64_t rank = session().rank();
  const std::int64_t size = session().size();
  const auto largest =
      reduce_max(session(), {rank, -rank, rank % 2, std::numeric_limits<std::int64_t>::min()}, test_stall_seconds);
  if (session().root()) {
    EXPECT_EQ(largest,
              (std::vector<std::int64_t>{size - 1, 0, size > 1 ? 1 : 0, std::numeric_limits<std::int64_t>::min()}));
  } else {
    EXPECT_THAT(largest, IsEmpty());
  }
}

Introduction introduction_of(int rank, bool mixed) {
  Introduction one;
  one.placement.host = "host" + std::to_string(rank / 2);
  one.placement.cpus = "0-5";
  one.placement.logical_cpus = 6;
  one.placement.physical_cores = 6;
  one.placement.cpu_quota = 4.5;
  const bool other = mixed && rank % 2 == 1 && blis_version() != "none";  // without BLIS there is one configuration
  one.kernels.blis = other ? BlisConfiguration{3, "haswell"} : BlisConfiguration{6, "zen3"};
  one.kernels.unforced_blis = {6, "zen3"};
  one.kernels.isa = mixed && rank % 2 == 0 ? VectorIsa::avx2 : VectorIsa::avx512;
  one.kernels.unforced_isa = VectorIsa::avx512;
  return one;
}

TEST(Agree, EveryRankGetsWhatFollowsFromAll) {
  for (const bool mixed : {false, true}) {
    std::vector<Introduction> all;
    for (int rank = 0; rank < session().size(); ++rank) all.push_back(introduction_of(rank, mixed));
    const Agreement expected = agree(all, std::nullopt);
    const Agreement agreement =
        agree(session(), introduction_of(session().rank(), mixed), std::nullopt, test_stall_seconds);
    EXPECT_EQ(agreement.threads, expected.threads);
    EXPECT_EQ(agreement.blis, expected.blis);
    EXPECT_EQ(agreement.isa, expected.isa);
    EXPECT_EQ(agreement.warnings, expected.warnings);
    EXPECT_EQ(agreement.error, "");
    EXPECT_EQ(agreement.placements.size(), static_cast<std::size_t>(session().size()));
  }
}

TEST(Agree, AnErrorOfTheLastRankReachesEveryRank) {
  const int last = session().size() - 1;
  Introduction mine = introduction_of(session().rank(), false);
  // Not UTF-8, as the environment of a strange machine may be.
  if (session().rank() == last) mine.error = "no BLIS \xff here";
  const Agreement agreement = agree(session(), mine, std::nullopt, test_stall_seconds);
  EXPECT_THAT(agreement.error, HasSubstr("no BLIS "));
  if (last > 0) {
    EXPECT_THAT(agreement.error, HasSubstr("rank " + std::to_string(last)));
  }
}

/// The others outlast a step that takes several times their patience; the sleep is the step, nothing is measured.
TEST(RunOnRoot, OutlastsTheStallTimeoutWhileTheRootIsAtWork) {
  int runs = 0;
  const auto step = [&runs] {
    ++runs;
    std::this_thread::sleep_for(std::chrono::milliseconds(2500));
  };
  EXPECT_NO_THROW(run_on_root(session(), step, 1.0));
  EXPECT_EQ(runs, session().root() ? 1 : 0);
}

TEST(RunOnRoot, WhatTheStepThrowsIsTheRootsAndEndsTheWaitOfAll) {
  for (int i = 0; i < 20; ++i) {
    const auto step = [] { throw Error("no such file"); };
    if (session().root()) {
      EXPECT_THROW(run_on_root(session(), step, test_stall_seconds), Error);
    } else {
      EXPECT_NO_THROW(run_on_root(session(), step, test_stall_seconds));
    }
  }
}

/// A message that does not come ends in an error, in bounded time.
TEST(WaitFor, GivesUpAfterTheStallTimeout) {
  MPI_Request request = MPI_REQUEST_NULL;
  int value = 0;
  constexpr int tag = 77;
  check_mpi(MPI_Irecv(&value, 1, MPI_INT, session().rank(), tag, session().communicator(), &request), "MPI_Irecv");
  try {
    wait_for(request, 0.05, "a message nobody sends");
    ADD_FAILURE() << "a message came that nobody sent";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("a message nobody sends"));
  }
  check_mpi(MPI_Cancel(&request), "MPI_Cancel");
  wait_for(request, test_stall_seconds, "a cancelled receive");
}

TEST(MpiCount, RefusesWhatAnIntCannotHold) {
  EXPECT_EQ(mpi_count(0), 0);
  EXPECT_EQ(mpi_count(2147483647), 2147483647);
  EXPECT_THROW(mpi_count(std::size_t{1} << 31U), Error);
  EXPECT_THROW(mpi_count(std::numeric_limits<std::size_t>::max()), Error);
}

TEST(CheckMpi, SaysMpisWords) {
  int size = 0;
  try {
    check_mpi(MPI_Type_size(MPI_DATATYPE_NULL, &size), "MPI_Type_size");
    ADD_FAILURE() << "no error";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("MPI_Type_size failed: "));
    EXPECT_THAT(error.what(), HasSubstr("MPI_ERR_TYPE"));
  }
}

}  // namespace
}  // namespace tally::pipeline

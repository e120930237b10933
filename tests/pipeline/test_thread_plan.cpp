// Threads per rank from masks, quotas and wishes, as a table.
#include "pipeline/thread_plan.hpp"

#include <gmock/gmock.h>

#include <optional>
#include <string>
#include <vector>

namespace tally::pipeline {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Placement place(const std::string& host, const std::string& cpus, int logical, int physical) {
  Placement placement;
  placement.host = host;
  placement.cpus = cpus;
  placement.logical_cpus = logical;
  placement.physical_cores = physical;
  return placement;
}

Placement with_quota(Placement placement, double cpus) {
  placement.cpu_quota = cpus;
  return placement;
}

Placement with_wish(Placement placement, int threads) {
  placement.omp_num_threads = threads;
  return placement;
}

std::vector<Placement> times(std::size_t ranks, const Placement& placement) { return {ranks, placement}; }

struct Case {
  std::string what;
  std::vector<Placement> ranks;
  std::optional<int> requested;
  std::vector<int> threads;
};

TEST(ThreadPlan, Table) {
  const Placement eight = place("a", "0-7", 8, 8);
  const Placement smt = place("a", "0-15", 16, 8);
  const Placement core = place("a", "3", 1, 1);
  const Case cases[] = {
      {"one rank has all cores", {eight}, {}, {8}},
      {"three ranks share them, the first ones more", times(3, eight), {}, {3, 3, 2}},
      {"more ranks than cores: one thread each", times(16, eight), {}, std::vector<int>(16, 1)},
      {"hardware threads of a core count once", {smt}, {}, {8}},
      {"bound ranks keep their masks",
       {place("a", "0-3", 4, 4), place("a", "4-7", 4, 4), place("a", "4-7", 4, 4)},
       {},
       {4, 2, 2}},
      {"equal masks on different hosts are not shared", {eight, place("b", "0-7", 8, 8), eight}, {}, {4, 8, 4}},
      {"bound to one core", times(2, core), {}, {1, 1}},
      {"the quota limits", {with_quota(eight, 2.0)}, {}, {2}},
      {"a part of a CPU is none", {with_quota(eight, 2.9)}, {}, {2}},
      {"but at least one", {with_quota(eight, 0.5)}, {}, {1}},
      {"the quota is shared by the ranks of the host", times(2, with_quota(eight, 3.0)), {}, {2, 1}},
      {"also by ranks of different masks",
       {with_quota(place("a", "0-3", 4, 4), 4.0), with_quota(place("a", "4-7", 4, 4), 4.0)},
       {},
       {2, 2}},
      {"a quota above the cores changes nothing", {with_quota(eight, 1e12)}, {}, {8}},
      {"OMP_NUM_THREADS wins over cores and quota", {with_wish(with_quota(eight, 2.0), 5)}, {}, {5}},
      {"each rank has its own wish", {with_wish(eight, 5), eight}, {}, {5, 4}},
      {"--threads wins over all", {with_wish(eight, 5), eight}, 3, {3, 3}},
      {"--threads is per rank, not per host", times(3, core), 2, {2, 2, 2}},
      {"absurd wishes are cut", {with_wish(eight, 1'000'000)}, {}, {64}},
      {"absurd requests too", {place("a", "0-99", 100, 100)}, 1'000'000, {400}},
  };
  for (const Case& one : cases) EXPECT_EQ(threads_per_rank(one.ranks, one.requested), one.threads) << one.what;
}

TEST(ThreadPlan, SharesAllCoresAndNoMore) {
  for (int cores = 1; cores <= 20; ++cores) {
    for (int ranks = 1; ranks <= 24; ++ranks) {
      int sum = 0;
      int previous = cores;
      for (const int threads :
           threads_per_rank(times(static_cast<std::size_t>(ranks), place("a", "x", cores, cores)), {})) {
        EXPECT_GE(threads, 1);
        EXPECT_LE(threads, previous);
        previous = threads;
        sum += threads;
      }
      EXPECT_EQ(sum, std::max(cores, ranks));
    }
  }
}

TEST(ThreadPlan, WarnsOfMoreThreadsThanCpusOncePerHost) {
  const Placement one_core = place("node7", "3", 1, 1);
  EXPECT_THAT(thread_warnings({one_core}, {1}), IsEmpty());
  EXPECT_THAT(thread_warnings({one_core}, {2}),
              ElementsAre(AllOf(HasSubstr("node7"), HasSubstr("2 threads"), HasSubstr("1 CPU "), HasSubstr("(3)"),
                                HasSubstr("--bind-to none"))));
  EXPECT_THAT(thread_warnings({one_core, one_core, one_core}, {1, 1, 1}),
              ElementsAre(AllOf(HasSubstr("3 threads of 3 ranks"), HasSubstr("1 CPU "))));
  const Placement other = place("node8", "0-1", 2, 2);
  EXPECT_THAT(thread_warnings({one_core, other, place("node7", "4", 1, 1)}, {2, 3, 2}),
              ElementsAre(HasSubstr("node7"), HasSubstr("node8")));
}

TEST(ThreadPlan, ADefaultPlanNeedsNoWarningUnlessRanksOutnumberCpus) {
  for (int ranks = 1; ranks <= 12; ++ranks) {
    const auto placements = times(static_cast<std::size_t>(ranks), place("a", "0-7", 8, 4));
    const auto warnings = thread_warnings(placements, threads_per_rank(placements, {}));
    EXPECT_EQ(warnings.empty(), ranks <= 8) << ranks;
  }
}

}  // namespace
}  // namespace tally::pipeline

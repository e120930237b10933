// What launchers say in the environment, without one.
#include "pipeline/launch.hpp"

#include <gmock/gmock.h>

#include <map>
#include <string>

#include "pipeline/affinity.hpp"

namespace tally::pipeline {
namespace {

using testing::AllOf;
using testing::HasSubstr;

Environment fake(std::map<std::string, std::string> variables) {
  return [variables = std::move(variables)](const char* name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
}

TEST(LaunchedRank, FollowsEachLauncher) {
  EXPECT_EQ(launched_rank(fake({})), 0);
  EXPECT_EQ(launched_rank(fake({{"OMPI_COMM_WORLD_RANK", "3"}})), 3);
  EXPECT_EQ(launched_rank(fake({{"PMIX_RANK", "4"}})), 4);
  EXPECT_EQ(launched_rank(fake({{"PMI_RANK", "5"}})), 5);
  EXPECT_EQ(launched_rank(fake({{"SLURM_PROCID", "6"}})), 6);
  // mpirun inside a Slurm step: the inner launcher counts.
  EXPECT_EQ(launched_rank(fake({{"SLURM_PROCID", "1"}, {"OMPI_COMM_WORLD_RANK", "0"}})), 0);
  for (const char* text : {"", "x", "1x", "99999999999"}) {
    EXPECT_EQ(launched_rank(fake({{"OMPI_COMM_WORLD_RANK", text}})), 0) << text;
  }
}

TEST(LaunchedProcesses, AreCountedByTheInnermostLauncher) {
  EXPECT_EQ(launched_processes(fake({})), 1);
  EXPECT_EQ(launched_processes(fake({{"OMPI_COMM_WORLD_SIZE", "3"}, {"SLURM_STEP_NUM_TASKS", "1"}})), 3);
  EXPECT_EQ(launched_processes(fake({{"PMI_SIZE", "4"}})), 4);
  EXPECT_EQ(launched_processes(fake({{"SLURM_STEP_NUM_TASKS", "5"}})), 5);
  EXPECT_EQ(launched_processes(fake({{"OMPI_COMM_WORLD_SIZE", "0"}})), 1);
  EXPECT_EQ(launched_processes(fake({{"OMPI_COMM_WORLD_SIZE", "many"}})), 1);
}

TEST(Launched, IsWhatALauncherThatKnowsMpiDoes) {
  EXPECT_FALSE(launched(fake({})));
  EXPECT_FALSE(launched(fake({{"SLURM_PROCID", "0"}})));  // a batch script
  for (const char* name : {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK"}) EXPECT_TRUE(launched(fake({{name, "0"}})));
}

TEST(SeparateProcesses, AreTheOnesThatDoNotKnowOfEachOther) {
  EXPECT_FALSE(separate_processes(fake({}), 1));
  EXPECT_THAT(separate_processes(fake({{"SLURM_STEP_NUM_TASKS", "4"}}), 1).value_or(""),
              AllOf(HasSubstr("4 processes"), HasSubstr("--mpi=pmix")));
  EXPECT_THAT(separate_processes(fake({{"PMI_SIZE", "3"}}), 1).value_or(""), HasSubstr("3 processes"));
}

TEST(SeparateProcesses, AreNotALegitimateSingleRun) {
  EXPECT_FALSE(separate_processes(fake({{"SLURM_NTASKS", "4"}}), 1));  // in a batch script, without srun
  EXPECT_FALSE(separate_processes(fake({{"SLURM_STEP_NUM_TASKS", "1"}}), 1));
  EXPECT_FALSE(separate_processes(fake({{"SLURM_STEP_NUM_TASKS", "4"}}), 4));
  EXPECT_FALSE(separate_processes(fake({{"SLURM_STEP_NUM_TASKS", "4"}, {"OMPI_COMM_WORLD_SIZE", "1"}}), 1));
  EXPECT_FALSE(separate_processes(fake({{"PMI_SIZE", "1"}}), 1));
}

TEST(ProcessEnvironment, ReadsThisProcess) {
  ::setenv("TALLY_TEST_VARIABLE", "here", 1);
  EXPECT_EQ(process_environment()("TALLY_TEST_VARIABLE"), "here");
  ::unsetenv("TALLY_TEST_VARIABLE");
  EXPECT_EQ(process_environment()("TALLY_TEST_VARIABLE"), std::nullopt);
}

TEST(CpuList, FoldsRuns) {
  EXPECT_EQ(cpu_list({}), "");
  EXPECT_EQ(cpu_list({5}), "5");
  EXPECT_EQ(cpu_list({0, 1}), "0-1");
  EXPECT_EQ(cpu_list({0, 1, 2, 3, 8}), "0-3,8");
  EXPECT_EQ(cpu_list({1, 3, 5}), "1,3,5");
  EXPECT_EQ(cpu_list({0, 2, 3, 4, 1000, 1001}), "0,2-4,1000-1001");
}

TEST(ThisPlacement, IsConsistent) {
  const Placement here = this_placement();
  EXPECT_FALSE(here.cpus.empty());
  EXPECT_GE(here.logical_cpus, here.physical_cores);
  EXPECT_GE(here.physical_cores, 1);
  EXPECT_GE(here.cpu_quota, 0.0);
}

TEST(ThisPlacement, TakesTheOutermostOmpNumThreads) {
  const auto with = [](const char* value) {
    ::setenv("OMP_NUM_THREADS", value, 1);
    return this_placement().omp_num_threads;
  };
  const auto before = process_environment()("OMP_NUM_THREADS");
  EXPECT_EQ(with("3"), 3);
  EXPECT_EQ(with("4,2"), 4);
  EXPECT_EQ(with(""), 0);
  EXPECT_EQ(with("many"), 0);
  EXPECT_EQ(with("-2"), 0);
  ::unsetenv("OMP_NUM_THREADS");
  EXPECT_EQ(this_placement().omp_num_threads, 0);
  if (before) ::setenv("OMP_NUM_THREADS", before->c_str(), 1);
}

}  // namespace
}  // namespace tally::pipeline

// What follows from the introductions of all ranks.
#include "pipeline/ranks.hpp"

#include <gmock/gmock.h>

#include <string>
#include <vector>

namespace tally::pipeline {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const BlisConfiguration skx{0, "skx"};
const BlisConfiguration haswell{3, "haswell"};
const BlisConfiguration zen3{6, "zen3"};

Introduction introduce(const std::string& host, const BlisConfiguration& blis, VectorIsa isa = VectorIsa::avx2) {
  Introduction one;
  one.placement.host = host;
  one.placement.cpus = "0-3";
  one.placement.logical_cpus = 4;
  one.placement.physical_cores = 4;
  one.kernels = {blis, blis, isa, isa};
  return one;
}

TEST(Agree, RanksAlikeNeedNoWarning) {
  const Agreement agreement = agree({introduce("a", zen3), introduce("a", zen3), introduce("b", zen3)}, {});
  EXPECT_EQ(agreement.error, "");
  EXPECT_THAT(agreement.warnings, IsEmpty());
  EXPECT_EQ(agreement.blis, zen3);
  EXPECT_EQ(agreement.isa, VectorIsa::avx2);
  EXPECT_THAT(agreement.threads, ElementsAre(2, 2, 4));
  ASSERT_EQ(agreement.placements.size(), 3U);
  EXPECT_EQ(agreement.placements[2].host, "b");
}

TEST(Agree, MixedConfigurationsSettleOnTheLowest) {
  if (blis_version() == "none") GTEST_SKIP() << "without BLIS there is one configuration";
  const Agreement agreement =
      agree({introduce("a", skx), introduce("b", haswell), introduce("c", haswell), introduce("d", skx)}, {});
  EXPECT_EQ(agreement.error, "");
  EXPECT_EQ(agreement.blis, haswell);
  EXPECT_THAT(agreement.warnings, ElementsAre(AllOf(HasSubstr("rank 0: skx"), HasSubstr("ranks 1-2: haswell"),
                                                    HasSubstr("rank 3: skx"), HasSubstr("all use haswell"))));
}

TEST(Agree, TheResultDoesNotDependOnTheOrderOfRanks) {
  if (blis_version() == "none") GTEST_SKIP() << "without BLIS there is one configuration";
  EXPECT_EQ(agree({introduce("a", zen3), introduce("b", skx)}, {}).blis,
            agree({introduce("b", skx), introduce("a", zen3)}, {}).blis);
  EXPECT_EQ(agree({introduce("a", zen3), introduce("b", haswell)}, {}).blis,
            agree({introduce("b", haswell), introduce("a", zen3)}, {}).blis);
}

TEST(Agree, MixedVectorInstructionSetsSettleOnTheNarrowest) {
  const Agreement agreement = agree({introduce("a", zen3, VectorIsa::avx512), introduce("b", zen3, VectorIsa::avx512),
                                     introduce("c", zen3, VectorIsa::avx2)},
                                    {});
  EXPECT_EQ(agreement.isa, VectorIsa::avx2);
  EXPECT_THAT(agreement.warnings,
              ElementsAre(AllOf(HasSubstr("differ in vector instruction set"), HasSubstr("ranks 0-1: avx512"),
                                HasSubstr("rank 2: avx2"), HasSubstr("all use avx2"))));
}

TEST(Agree, WhatTheEnvironmentForcesIsWarnedOf) {
  Introduction forced = introduce("a", haswell);
  forced.kernels.unforced_blis = skx;
  EXPECT_THAT(agree({forced}, {}).warnings,
              ElementsAre("BLIS_ARCH_TYPE forces the BLIS configuration: haswell, where Tally would have chosen skx"));
  forced = introduce("a", skx, VectorIsa::avx2);
  forced.kernels.unforced_isa = VectorIsa::avx512;
  EXPECT_THAT(
      agree({forced}, {}).warnings,
      ElementsAre("TALLY_VECTOR_ISA forces the vector instruction set: avx2, where Tally would have chosen avx512"));
}

TEST(Agree, NamesTheRanksWhoseEnvironmentForces) {
  Introduction forced = introduce("a", haswell);
  forced.kernels.unforced_blis = skx;
  EXPECT_THAT(agree({introduce("a", haswell), forced, forced}, {}).warnings,
              ElementsAre(AllOf(HasSubstr("BLIS_ARCH_TYPE"), HasSubstr(": ranks 1-2: haswell, where"))));
}

TEST(Agree, PortableKernelsAreWarnedOf) {
  const Agreement agreement = agree({introduce("a", {25, "generic"})}, {});
  EXPECT_THAT(agreement.warnings, ElementsAre(HasSubstr("generic")));
}

// The arithmetic belongs to a version of Tally, and the numbers and kernels of configurations to a version of BLIS.
TEST(Agree, DifferentVersionsAreRefused) {
  const auto versions = [](const std::string& tally, const std::string& blis) {
    Introduction one = introduce("far", zen3);
    one.versions = {tally, blis};
    return one;
  };
  const Introduction root = versions("1.2 (abc)", "0.9.0");
  EXPECT_EQ(agree({root, root, root}, {}).error, "");
  EXPECT_EQ(
      agree({root, root, root, versions("1.2 (abd)", "0.9.0"), versions("2", "3")}, {}).error,
      "rank 3 (far): runs tally 1.2 (abd) with BLIS 0.9.0, rank 0 (far) runs tally 1.2 (abc) with BLIS 0.9.0: all "
      "must run the same");
  EXPECT_THAT(agree({root, versions("1.2 (abc)", "0.8.1")}, {}).error,
              AllOf(HasSubstr("rank 1 (far): runs tally 1.2 (abc) with BLIS 0.8.1"), HasSubstr("with BLIS 0.9.0")));
  // What another version says may mean something else here, an error of its own as well.
  Introduction bad = versions("1.1", "0.9.0");
  bad.error = "no kernels";
  EXPECT_THAT(agree({root, bad}, {}).error, HasSubstr("runs tally 1.1"));
}

// Our own kernels then emulate each fused multiply-add.
TEST(Agree, CpusWithoutFmaAreWarnedOf) {
  const Introduction old = introduce("a", zen3, VectorIsa::baseline);
  const Agreement alone = agree({old}, {});
  if (name_of(VectorIsa::baseline) != "sse2") {
    EXPECT_THAT(alone.warnings, IsEmpty());  // the baseline has it
    return;
  }
  EXPECT_THAT(alone.warnings,
              ElementsAre(AllOf(HasSubstr("lacks FMA"), HasSubstr("tens of times slower"), Not(HasSubstr("rank")))));
  EXPECT_THAT(agree({introduce("b", zen3, VectorIsa::baseline), old, old}, {}).warnings,
              ElementsAre(HasSubstr("lacks FMA")));
  // One such rank makes all slow.
  EXPECT_THAT(agree({introduce("b", zen3), old}, {}).warnings,
              ElementsAre(HasSubstr("all use sse2"), AllOf(HasSubstr("lacks FMA"), HasSubstr("rank 1"))));
  // Where a capable CPU is forced, that is what is told.
  Introduction forced = old;
  forced.kernels.unforced_isa = VectorIsa::avx2;
  EXPECT_THAT(agree({forced}, {}).warnings, ElementsAre(HasSubstr("TALLY_VECTOR_ISA forces")));
}

TEST(Agree, NamesTheFirstRankThatCannotTakePart) {
  Introduction bad = introduce("far", {});
  bad.error = "BLIS_ARCH_TYPE=x is no number";
  EXPECT_THAT(agree({introduce("a", zen3), introduce("b", zen3), bad, bad}, {}).error,
              AllOf(HasSubstr("rank 2"), HasSubstr("far"), HasSubstr("BLIS_ARCH_TYPE=x is no number")));
  // The root's own error is the user's at once.
  EXPECT_EQ(agree({bad, introduce("a", zen3)}, {}).error, bad.error);
}

TEST(Agree, ThreadsAskedForWinAndAreCutWhereAbsurd) {
  EXPECT_THAT(agree({introduce("a", zen3), introduce("b", zen3)}, 2).threads, ElementsAre(2, 2));
  const Agreement absurd = agree({introduce("a", zen3)}, 100000);
  EXPECT_THAT(absurd.threads, ElementsAre(64));
  EXPECT_THAT(absurd.warnings, testing::Contains(AllOf(HasSubstr("--threads 100000"), HasSubstr("64"))));
}

}  // namespace
}  // namespace tally::pipeline

// Which vector instructions a process and its peers use, and which wishes are refused.
#include "kernels/vector_isa.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <string>

#include "tests/kernels/each_vector_isa.hpp"

namespace tally {
namespace {

/// Restores the variable, which a test run of one instruction set has set.
class ChooseVectorIsa : public testing::Test {
 protected:
  ~ChooseVectorIsa() override {
    if (was_set_) {
      setenv(variable, before_.c_str(), 1);
    } else {
      unsetenv(variable);
    }
  }
  static constexpr const char* variable = "TALLY_VECTOR_ISA";

 private:
  bool was_set_ = std::getenv(variable) != nullptr;
  std::string before_ = was_set_ ? std::getenv(variable) : "";
};

TEST_F(ChooseVectorIsa, UnsetOrEmptyMeansTheWidest) {
  unsetenv(variable);
  EXPECT_EQ(choose_vector_isa(), vector_isas_here().back());
  setenv(variable, "", 1);
  EXPECT_EQ(choose_vector_isa(), vector_isas_here().back());
}

TEST_F(ChooseVectorIsa, ANameIsTakenWhereTheCpuRunsIt) {
  for (const VectorIsa isa : {VectorIsa::baseline, VectorIsa::avx2, VectorIsa::avx512}) {
    setenv(variable, std::string(name_of(isa)).c_str(), 1);
    if (cpu_runs(isa)) {
      EXPECT_EQ(name_of(choose_vector_isa()), name_of(isa));
    } else {
      EXPECT_THROW(choose_vector_isa(), Error);
    }
  }
}

TEST_F(ChooseVectorIsa, AnUnknownNameIsRefused) {
  for (const char* name : {"avx", "AVX2", "avx2 ", "2", "baseline"}) {
    setenv(variable, name, 1);
    EXPECT_THROW(choose_vector_isa(), Error) << name;
  }
}

/// A program compiled with -march=native has no SSE2 kernels.
TEST_F(ChooseVectorIsa, TheBaselineIsWhatTheCompilerMayAssume) {
#if defined(__AVX512F__)
  EXPECT_EQ(name_of(VectorIsa::baseline), "avx512");
#elif defined(__AVX2__)
  EXPECT_EQ(name_of(VectorIsa::baseline), "avx2");
#elif defined(__AVX__)
  EXPECT_EQ(name_of(VectorIsa::baseline), "avx");
#elif defined(__x86_64__)
  EXPECT_EQ(name_of(VectorIsa::baseline), "sse2");
#endif
  // Nor kernels of AVX2 where AVX-512 may be assumed.
  if (name_of(VectorIsa::baseline) == "avx512") {
    EXPECT_EQ(name_of(VectorIsa::avx2), "avx512");
  }
  setenv(variable, "sse2", 1);
  if (name_of(VectorIsa::baseline) == "sse2") {
    EXPECT_EQ(choose_vector_isa(), VectorIsa::baseline);
  } else {
    EXPECT_THROW(choose_vector_isa(), Error);
  }
}

TEST(CommonVectorIsa, IsTheNarrowest) {
  using enum VectorIsa;
  EXPECT_EQ(common_vector_isa(std::array{avx512}), avx512);
  EXPECT_EQ(common_vector_isa(std::array{avx512, avx2, avx512}), avx2);
  EXPECT_EQ(common_vector_isa(std::array{avx2, baseline, avx512}), baseline);
}

class UseVectorIsa : public VectorIsaTest {};

TEST_F(UseVectorIsa, ChangesTheKernels) {
  const VectorKernels* previous = nullptr;
  for (const VectorIsa isa : vector_isas_here()) {
    use_vector_isa(isa);
    EXPECT_EQ(vector_isa(), isa);
    EXPECT_NE(&vector_kernels(), previous);
    previous = &vector_kernels();
  }
}

}  // namespace
}  // namespace tally

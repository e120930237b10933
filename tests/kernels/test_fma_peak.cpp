// The measure of speed. How large it is depends on the machine; that its loop computes is asked in
// test_vector_multiply.cpp.
#include "kernels/fma_peak.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cmath>

namespace tally {
namespace {

TEST(FmaPeak, IsANumberForAnyThreadsAndTakesItsTime) {
  for (const int threads : {1, 2, 5}) {
    const auto start = std::chrono::steady_clock::now();
    const double gflops = fma_peak_gflops(threads, 0.02);
    EXPECT_GT(gflops, 0.0) << threads;
    EXPECT_TRUE(std::isfinite(gflops)) << threads;
    EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(20));
  }
}

}  // namespace
}  // namespace tally

// main of tests that run BLIS: skips them all (exit code 77) where BLIS_ARCH_TYPE asks for kernels that this BLIS does
// not have or this CPU cannot run.
#include <gtest/gtest.h>

#include <cstdio>

#include "kernels/blis.hpp"

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (!testing::GTEST_FLAG(list_tests)) {
    try {
      tally::use_blis_configuration(tally::choose_blis_configuration());
    } catch (const tally::Error& error) {
      std::printf("skipped: %s\n", error.what());
      return 77;
    }
    std::printf("BLIS configuration: %s\n", tally::blis_configuration().name.c_str());
  }
  return RUN_ALL_TESTS();
}

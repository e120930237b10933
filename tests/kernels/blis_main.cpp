// main of tests that run the forward pass: skips them all (exit code 77) where BLIS_ARCH_TYPE asks for kernels that
// this BLIS does not have or this CPU cannot run, or TALLY_VECTOR_ISA for instructions that it lacks.
#include <gtest/gtest.h>

#include <cstdio>
#include <string>

#include "kernels/blis.hpp"
#include "kernels/vector_isa.hpp"

int main(int argc, char** argv) {
  testing::InitGoogleTest(&argc, argv);
  if (!testing::GTEST_FLAG(list_tests)) {
    try {
      tally::use_blis_configuration(tally::choose_blis_configuration());
      tally::use_vector_isa(tally::choose_vector_isa());
    } catch (const tally::Error& error) {
      std::printf("skipped: %s\n", error.what());
      return 77;
    }
    std::printf("BLIS configuration: %s, vector instructions: %s\n", tally::blis_configuration().name.c_str(),
                std::string(name_of(tally::vector_isa())).c_str());
  }
  return RUN_ALL_TESTS();
}

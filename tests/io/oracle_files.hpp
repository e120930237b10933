// The files that make_models.py wrote with NumPy and h5py, and what they hold.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "kernels/model.hpp"

namespace tally::io {

inline std::string oracle_file(const std::string& name) { return std::string(TALLY_TEST_MODELS) + "/" + name; }

/// Tests of this fixture skip where make_models.py could not run, and fail there under TALLY_REQUIRE_ORACLES=1.
class OracleTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::filesystem::exists(oracle_file("complete"))) return;
    const char* required = std::getenv("TALLY_REQUIRE_ORACLES");
    if (required != nullptr && std::string(required) == "1") FAIL() << "NumPy or h5py is missing";
    GTEST_SKIP() << "NumPy or h5py is missing, or make_models.py was not run";
  }
};

/// FLOATS and INTS of make_models.py: the network 3-2-2.
struct OracleWeights {
  std::vector<float> w1, b1, w2, b2;
};
inline const OracleWeights oracle_floats{
    {0.5F, -1.0F, 2.0F, -3.5F, 4.0F, 5.0F}, {0.25F, -0.75F}, {1.0F, 2.0F, -3.0F, 4.5F}, {-1.0F, 1.5F}};
inline const OracleWeights oracle_integers{
    {1.0F, -1.0F, 2.0F, -3.0F, 4.0F, 5.0F}, {7.0F, -8.0F}, {1.0F, 2.0F, -3.0F, 4.0F}, {-1.0F, 100.0F}};

inline void expect_weights(const Model& model, const OracleWeights& expected) {
  ASSERT_EQ(model.layers.size(), 2U);
  EXPECT_EQ(shape_string(model), "3-2-2");
  EXPECT_EQ(model.layers[0].weights, expected.w1);
  EXPECT_EQ(model.layers[0].bias, expected.b1);
  EXPECT_EQ(model.layers[1].weights, expected.w2);
  EXPECT_EQ(model.layers[1].bias, expected.b2);
}

/// What the Error (or UsageError) of a call says; fails the test where there is none, or where it is of another type.
template <typename Exception, typename Call>
std::string message_of(const Call& call) {
  try {
    call();
  } catch (const Exception& error) {
    const std::string text = error.what();
    EXPECT_EQ(text.find('\n'), std::string::npos) << "more than one line: " << text;
    return text;
  }
  ADD_FAILURE() << "nothing was thrown";
  return "";
}

}  // namespace tally::io

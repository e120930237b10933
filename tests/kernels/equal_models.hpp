// Two models that must be the same, bit by bit.
#pragma once

#include <gtest/gtest.h>

#include "kernels/model.hpp"

namespace tally {

inline void expect_equal(const Model& a, const Model& b) {
  ASSERT_EQ(a.layers.size(), b.layers.size());
  for (std::size_t i = 0; i < a.layers.size(); ++i) {
    EXPECT_EQ(a.layers[i].inputs, b.layers[i].inputs);
    EXPECT_EQ(a.layers[i].outputs, b.layers[i].outputs);
    EXPECT_EQ(a.layers[i].activation, b.layers[i].activation);
    EXPECT_EQ(a.layers[i].weights, b.layers[i].weights);
    EXPECT_EQ(a.layers[i].bias, b.layers[i].bias);
    EXPECT_EQ(a.layers[i].slopes, b.layers[i].slopes);
  }
}

}  // namespace tally

// The words for what limits follow from the numbers.
#include "pipeline/bench_limit.hpp"

#include <gmock/gmock.h>

#include <string>

namespace tally::pipeline {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// fraction of the peak; phases pack, gemm, activation, softmax; busy; issued; memory.
struct Case {
  BenchFigures figures;
  std::string words;
};

TEST(WhatLimits, NamesTheLargestLossFirst) {
  const Case cases[] = {
      {{0.52, {0.30, 0.54, 0.10, 0.06}, 1.0, 1.0, {}},
       "packing the input (30 % of the peak); then activations (10 %), softmax and scores (6 %), "
       "matrix products below the peak (2 %); matrix products run at 96 % of the peak"},
      {{0.5, {0.1, 0.8, 0.1, 0.0}, 1.0, 1.0, {}},
       "matrix products below the peak (30 % of the peak); then packing the input (10 %), activations (10 %); "
       "matrix products run at 62 % of the peak"},
      {{0.6, {0.0, 1.0, 0.0, 0.0}, 1.0, 1.5, {}},
       "padding of units and rows (30 % of the peak); then matrix products below the peak (10 %); "
       "matrix products run at 60 % of the peak"},
      {{0.4, {0.0, 1.0, 0.0, 0.0}, 0.5, 1.0, {}},
       "threads that wait for others (50 % of the peak); then matrix products below the peak (10 %); "
       "matrix products run at 80 % of the peak"},
      {{0.8, {0.2, 0.8, 0.0, 0.0}, 1.0, 1.0, 0.15},
       "packing the input (20 % of the peak); matrix products run at 100 % of the peak; "
       "memory bandwidth: rows from a cache would save 15 % of the time"},
      {{0.8, {0.2, 0.8, 0.0, 0.0}, 1.0, 1.0, 0.004},
       "packing the input (20 % of the peak); matrix products run at 100 % of the peak"},
      {{0.996, {0.0, 1.0, 0.0, 0.0}, 1.0, 1.0, {}},
       "nothing: the peak is reached; matrix products run at 100 % of the peak"},
  };
  for (const Case& one : cases) EXPECT_EQ(what_limits(one.figures), one.words);
}

TEST(WhatLimits, NumbersThatCannotBeAreSaidToBeWrong) {
  EXPECT_THAT(what_limits({1.2, {0.0, 1.0, 0.0, 0.0}, 1.0, 1.1, {}}), HasSubstr("do not trust"));
  EXPECT_THAT(what_limits({1.02, {0.0, 1.0, 0.0, 0.0}, 1.0, 1.1, {}}), Not(HasSubstr("do not trust")));
}

TEST(WhatLimits, ThingsThatNeverRanAreNoNumbersToDivideBy) {
  EXPECT_THAT(what_limits({}), AllOf(StartsWith("nothing"), HasSubstr("run at 0 %"), Not(HasSubstr("nan"))));
}

Layer layer(Index inputs, Index outputs, int pieces = 1) {
  Layer one;
  one.inputs = inputs;
  one.outputs = outputs;
  one.activation.pieces = pieces;
  return one;
}

TEST(IssuedPerUseful, CountsTheUnitsThatFillUpTiles) {
  Model model;
  model.layers = {layer(784, 50), layer(50, 100), layer(100, 10)};
  const double useful = 784.0 * 50 + 50.0 * 100 + 100.0 * 10;
  EXPECT_DOUBLE_EQ(issued_per_useful(model, 6, false), (784.0 * 54 + 50.0 * 102 + 100.0 * 12) / useful);
  EXPECT_EQ(issued_per_useful(model, 6, true), 1.0);
  EXPECT_EQ(issued_per_useful(model, 1, false), 1.0);
  model.layers = {layer(10, 5, 3)};  // the pieces of maxout are units
  EXPECT_DOUBLE_EQ(issued_per_useful(model, 4, false), 16.0 / 15.0);
}

}  // namespace
}  // namespace tally::pipeline

// The microkernel reads nothing but its operands and the floats behind them that its contract grants, and writes c
// alone: whoever touches more, touches a page that kills.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "tests/kernels/microkernel_call.hpp"

namespace tally {
namespace {

TEST(MicrokernelGuard, TouchesNothingBesideItsOperands) {
  const Microkernel kernel;
  std::mt19937_64 random(1);
  for (const Index units : tile_widths(kernel)) {
    for (const Index k : {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 50, 100, 384, 784, 1000}) {
      const RandomPanels p(random, units, kernel.panel(), k);
      for (const Guard guard : {Guard::after, Guard::before}) call(kernel, p, guard);
    }
  }
}

/// What is read beyond the operands does not count.
TEST(MicrokernelGuard, WhatLiesBehindTheOperandsHasNoInfluence) {
  const Microkernel kernel;
  std::mt19937_64 random(2);
  for (const Index units : tile_widths(kernel)) {
    for (const Index k : {1, 2, 5, 50}) {
      const RandomPanels p(random, units, kernel.panel(), k);
      const std::vector<float> expected = call(kernel, p);
      const GuardedArray<float> w = guarded_copy(p.w, Guard::after, PanelBuffer::padding);
      const GuardedArray<float> x = guarded_copy(p.x, Guard::after, PanelBuffer::padding);
      const GuardedArray<float> c = guarded_copy(p.c);
      for (Index i = 0; i < PanelBuffer::padding; ++i) *(w.data() + p.w.size() + i) = std::nanf("");
      for (Index i = 0; i < PanelBuffer::padding; ++i) *(x.data() + p.x.size() + i) = std::nanf("");
      if (units == kernel.units()) {
        kernel.run(k, w.data(), x.data(), c.data(), w.data(), x.data());
      } else {
        kernel.run_edge(units, k, w.data(), x.data(), c.data());
      }
      ASSERT_EQ(std::vector<float>(c.begin(), c.end()), expected) << units << " units, k = " << k;
    }
  }
}

}  // namespace
}  // namespace tally

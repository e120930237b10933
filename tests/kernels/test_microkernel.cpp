// The microkernel's products against a naive twin, whole tiles and edges.
#include "kernels/microkernel.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "tests/kernels/microkernel_call.hpp"
#include "tests/kernels/reference_network.hpp"

namespace tally {
namespace {

constexpr Index depths[] = {0, 1, 2, 3, 7, 50, 100, 384, 784, 1000};

void expect_twin(const RandomPanels& p, const std::vector<float>& got) {
  const reference::Sums expected = reference::panel_product(p.k, p.units, p.panel, p.w.data(), p.x.data(), p.c.data());
  for (std::size_t i = 0; i < got.size(); ++i) {
    ASSERT_LE(std::abs(static_cast<double>(got[i]) - expected.value[i]), expected.bound[i])
        << p.units << " units, k = " << p.k << ", element " << i;
  }
}

TEST(Microkernel, IsTheProductWithinItsBound) {
  const Microkernel kernel;
  std::mt19937_64 random(1);
  for (const Index units : tile_widths(kernel)) {
    for (const Index k : depths) {
      const RandomPanels p(random, units, kernel.panel(), k);
      expect_twin(p, call(kernel, p));
      if (HasFatalFailure()) return;
    }
  }
}

TEST(Microkernel, OfSmallIntegersIsExact) {
  const Microkernel kernel;
  std::mt19937_64 random(2);
  for (const Index units : tile_widths(kernel)) {
    RandomPanels p(random, units, kernel.panel(), 300);
    for (std::vector<float>* operand : {&p.w, &p.x, &p.c}) {
      for (float& value : *operand) value = static_cast<float>(static_cast<int>(random() % 9) - 4);
    }
    const reference::Sums expected = reference::panel_product(300, units, p.panel, p.w.data(), p.x.data(), p.c.data());
    const std::vector<float> got = call(kernel, p);
    for (std::size_t i = 0; i < got.size(); ++i) ASSERT_EQ(static_cast<double>(got[i]), expected.value[i]);
  }
}

TEST(Microkernel, NothingToMultiplyLeavesC) {
  const Microkernel kernel;
  std::mt19937_64 random(3);
  for (const Index units : tile_widths(kernel)) {
    const RandomPanels p(random, units, kernel.panel(), 0);
    ASSERT_EQ(call(kernel, p), p.c) << units;
  }
}

TEST(Microkernel, HasAShapeThatTheOthersCanWorkWith) {
  const Microkernel kernel;
  EXPECT_GE(kernel.panel(), 4);
  EXPECT_EQ(kernel.panel() % 4, 0);
  EXPECT_LE(kernel.panel(), PanelBuffer::padding);
  EXPECT_GE(kernel.units(), 1);
}

/// As those of another BLIS might be.
TEST(Microkernel, AShapeThatTheOthersHaveNoRoomForIsAnError) {
  struct Case {
    Index panel;
    Index units;
    bool has_edges;
    bool fits;
  };
  const Case cases[] = {
      {32, 12, true, true}, {32, 13, true, true}, {32, 14, true, false}, {32, 14, false, true},  {16, 6, true, true},
      {8, 4, false, true},  {4, 1, true, true},   {36, 6, true, false},  {64, 12, false, false}, {10, 6, false, false},
      {2, 6, true, false},  {0, 6, true, false},  {16, 0, true, false},  {16, 100, false, true},
  };
  for (const Case& one : cases) {
    const auto check = [&] { check_tile_shape(one.panel, one.units, one.has_edges); };
    if (one.fits) {
      EXPECT_NO_THROW(check()) << one.units << " x " << one.panel;
    } else {
      EXPECT_THROW(check(), Error) << one.units << " x " << one.panel;
    }
  }
}

TEST(Microkernel, TilesCoverALayer) {
  const Microkernel kernel;
  for (Index units = 1; units < 100; ++units) {
    // Without edges, layers are padded to whole tiles.
    if (!kernel.has_edges() && units % kernel.units() != 0) continue;
    Index left = units;
    while (left > 0) {
      const Index tile = kernel.units_of_tile(left);
      ASSERT_GE(tile, 1);
      ASSERT_LE(tile, left);
      ASSERT_LE(tile, std::max(kernel.units(), most_units)) << "run_edge takes no more";
      ASSERT_TRUE(tile == left || tile == kernel.units());
      left -= tile;
    }
  }
}

}  // namespace
}  // namespace tally

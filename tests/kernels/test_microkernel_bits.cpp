// The rule that makes a sample's result independent of its neighbours: the bits of an element depend on its own
// operands and on k, not on the other lanes and units, nor on the lane it is in.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "tests/kernels/each_vector_isa.hpp"
#include "tests/kernels/microkernel_call.hpp"

namespace tally {
namespace {

constexpr Index depths[] = {1, 2, 3, 7, 50, 384, 1000};
constexpr float troublemakers[] = {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                                   -std::numeric_limits<float>::max(), std::numeric_limits<float>::denorm_min()};

std::size_t at(Index i) { return static_cast<std::size_t>(i); }

/// For every width of a tile and every depth.
class MicrokernelBits : public testing::TestWithParam<Index> {
 protected:
  std::vector<RandomPanels> cases() {
    std::vector<RandomPanels> all;
    for (const Index units : tile_widths(kernel_)) all.emplace_back(random_, units, kernel_.panel(), GetParam());
    return all;
  }
  Index any(Index below) { return static_cast<Index>(random_() % static_cast<std::uint64_t>(below)); }

  /// Elements for which `affected(l, i)` is false have the same bits in both; returns whether any other has another.
  template <class Affected>
  bool others_are_the_same(const std::vector<float>& a, const std::vector<float>& b, Index panel,
                           const Affected& affected) {
    bool change = false;
    for (std::size_t e = 0; e < a.size(); ++e) {
      const bool equal = bits_of(a[e]) == bits_of(b[e]);
      const bool may_change = affected(static_cast<Index>(e) / panel, static_cast<Index>(e) % panel);
      EXPECT_TRUE(equal || may_change) << "element " << e << ": " << a[e] << ", " << b[e];
      change = change || (may_change && !equal);
    }
    return change;
  }

  Microkernel kernel_;
  std::mt19937_64 random_{static_cast<std::uint64_t>(GetParam())};
};

TEST_P(MicrokernelBits, OfASampleDoNotDependOnTheOthers) {
  for (const RandomPanels& clean : cases()) {
    const std::vector<float> expected = call(kernel_, clean);
    for (const float bad : troublemakers) {
      const Index lane = any(clean.panel);
      RandomPanels dirty = clean;
      dirty.x[at(any(clean.k) * clean.panel + lane)] = bad;
      const bool change =
          others_are_the_same(call(kernel_, dirty), expected, clean.panel, [&](Index, Index i) { return i == lane; });
      ASSERT_TRUE(change) << "the case shows nothing";
      if (HasFailure()) return;
      // And with all the others bad.
      dirty = clean;
      for (Index j = 0; j < clean.k; ++j) {
        for (Index i = 0; i < clean.panel; ++i) {
          if (i != lane) dirty.x[at(j * clean.panel + i)] = bad;
        }
      }
      others_are_the_same(call(kernel_, dirty), expected, clean.panel, [&](Index, Index i) { return i != lane; });
      if (HasFailure()) return;
    }
  }
}

TEST_P(MicrokernelBits, OfAUnitDoNotDependOnTheOthers) {
  for (const RandomPanels& clean : cases()) {
    const std::vector<float> expected = call(kernel_, clean);
    for (const float bad : troublemakers) {
      const Index unit = any(clean.units);
      RandomPanels dirty = clean;
      dirty.w[at(any(clean.k) * clean.units + unit)] = bad;
      const bool change =
          others_are_the_same(call(kernel_, dirty), expected, clean.panel, [&](Index l, Index) { return l == unit; });
      ASSERT_TRUE(change) << "the case shows nothing";
      if (HasFailure()) return;
    }
  }
}

TEST_P(MicrokernelBits, OfAnElementDoNotDependOnWhatWasInTheOthers) {
  for (const RandomPanels& clean : cases()) {
    const std::vector<float> expected = call(kernel_, clean);
    const Index unit = any(clean.units);
    const Index lane = any(clean.panel);
    RandomPanels dirty = clean;
    for (Index e = 0; e < clean.units * clean.panel; ++e) {
      if (e != unit * clean.panel + lane) dirty.c[at(e)] = troublemakers[e % 2];
    }
    others_are_the_same(call(kernel_, dirty), expected, clean.panel,
                        [&](Index l, Index i) { return l != unit || i != lane; });
    if (HasFailure()) return;
  }
}

TEST_P(MicrokernelBits, AreTheSameInEveryLane) {
  for (const RandomPanels& p : cases()) {
    const std::vector<float> expected = call(kernel_, p);
    for (const Index shift : {Index{1}, Index{3}, p.panel / 2, p.panel - 1}) {
      const std::vector<float> got = call(kernel_, p.lanes(shift, p.panel));
      for (Index l = 0; l < p.units; ++l) {
        for (Index i = 0; i < p.panel; ++i) {
          ASSERT_EQ(bits_of(got[at(l * p.panel + i)]), bits_of(expected[at(l * p.panel + (i + shift) % p.panel)]))
              << p.units << " units, shift " << shift;
        }
      }
    }
  }
}

TEST_P(MicrokernelBits, AreTheSameForEveryUnit) {
  for (const RandomPanels& p : cases()) {
    const std::vector<float> expected = call(kernel_, p);
    for (const Index shift : {Index{1}, p.units / 2, p.units - 1}) {
      const std::vector<float> got = call(kernel_, p.units_from(shift));
      for (Index l = 0; l < p.units; ++l) {
        for (Index i = 0; i < p.panel; ++i) {
          ASSERT_EQ(bits_of(got[at(l * p.panel + i)]), bits_of(expected[at((l + shift) % p.units * p.panel + i)]))
              << p.units << " units, shift " << shift;
        }
      }
    }
  }
}

/// Edges are our own kernel's work: no vector instruction set may change them, nor what BLIS computes.
class MicrokernelIsa : public VectorIsaTest {};

TEST_F(MicrokernelIsa, HasTheSameBitsOnEachIsa) {
  const Microkernel kernel;
  std::mt19937_64 random(9);
  for (const Index units : tile_widths(kernel)) {
    for (const Index k : {1, 5, 100}) {
      const RandomPanels p(random, units, kernel.panel(), k);
      expect_same_bits_on_each_isa([&] { return call(kernel, p); });
      if (HasFatalFailure()) return;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Depths, MicrokernelBits, testing::ValuesIn(depths));

}  // namespace
}  // namespace tally

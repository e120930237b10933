// The product of a few units with a panel: the same bits on every instruction set and in every lane, within its bound.
// And what else works on panels.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "tests/kernels/each_vector_isa.hpp"
#include "tests/kernels/guarded_array.hpp"
#include "tests/kernels/random_panels.hpp"
#include "tests/kernels/reference_network.hpp"

namespace tally {
namespace {

constexpr Index panels[] = {4, 8, 12, 16, 20, 24, 32, 48};
constexpr Index depths[] = {0, 1, 2, 3, 4, 5, 7, 50, 100, 129};

std::vector<float> product(const RandomPanels& p, const LinesAhead& ahead = {}) {
  // No padding: this kernel reads what it is given.
  const GuardedArray<float> w = guarded_copy(p.w);
  const GuardedArray<float> x = guarded_copy(p.x);
  const GuardedArray<float> c = guarded_copy(p.c);
  vector_kernels().multiply(p.k, p.units, p.panel, w.data(), x.data(), c.data(), ahead);
  return {c.begin(), c.end()};
}

class VectorMultiply : public VectorIsaTest, public testing::WithParamInterface<Index> {
 protected:
  std::mt19937_64 random_{static_cast<std::uint64_t>(GetParam())};
};

TEST_P(VectorMultiply, HasTheSameBitsOnEachIsaAndIsWithinItsBound) {
  for (const Index panel : panels) {
    for (const Index k : depths) {
      const RandomPanels p(random_, GetParam(), panel, k);
      expect_same_bits_on_each_isa([&] { return product(p); });
      if (HasFatalFailure()) return;
      const std::vector<float> got = product(p);
      const reference::Sums expected = reference::panel_product(k, p.units, panel, p.w.data(), p.x.data(), p.c.data());
      for (std::size_t i = 0; i < got.size(); ++i) {
        ASSERT_LE(std::abs(static_cast<double>(got[i]) - expected.value[i]), expected.bound[i])
            << "k = " << k << ", panel " << panel << ", element " << i;
      }
    }
  }
}

/// NaN, infinities and numbers beyond the range of their product, anywhere.
TEST_P(VectorMultiply, HasTheSameBitsOnEachIsaWhateverTheOperands) {
  for (const Index panel : {8, 12, 32}) {
    RandomPanels p(random_, GetParam(), panel, 9);
    for (std::vector<float>* operand : {&p.w, &p.x, &p.c}) {
      for (float& value : *operand) {
        if (random_() % 8 == 0) value = std::bit_cast<float>(static_cast<std::uint32_t>(random_()));
      }
    }
    expect_same_bits_on_each_isa([&] { return product(p); });
    if (HasFatalFailure()) return;
  }
}

/// However many lines it prefetches on its way, and wherever they are.
TEST_P(VectorMultiply, HasTheSameBitsWithLinesAhead) {
  const std::vector<float> memory(1000);
  for (const Index panel : {4, 16, 32}) {
    for (const Index k : {1, 2, 5, 50}) {
      const RandomPanels p(random_, GetParam(), panel, k);
      const std::vector<float> expected = product(p);
      for (const Index lines : {Index{1}, Index{2}, k, 2 * k - 1, 2 * k, 3 * k}) {
        expect_same_bits_on_each_isa([&] { return product(p, {reinterpret_cast<std::uintptr_t>(&memory[0]), lines}); });
        ASSERT_EQ(product(p, {64, lines}), expected) << "address 64 is nobody's";
      }
    }
  }
}

/// A sample's sums are those it has in another lane of another panel.
TEST_P(VectorMultiply, HasTheSameBitsInEveryLane) {
  for (const Index k : {1, 6, 103}) {
    const RandomPanels whole(random_, GetParam(), 48, k);
    const std::vector<float> expected = product(whole);
    for (const Index panel : panels) {
      const Index shift = static_cast<Index>(random_() % 48);
      const RandomPanels part = whole.lanes(shift, panel);
      for (const VectorIsa isa : vector_isas_here()) {
        use_vector_isa(isa);
        const std::vector<float> got = product(part);
        for (Index l = 0; l < part.units; ++l) {
          for (Index i = 0; i < panel; ++i) {
            ASSERT_EQ(bits_of(got[static_cast<std::size_t>(l * panel + i)]),
                      bits_of(expected[static_cast<std::size_t>(l * 48 + (i + shift) % 48)]))
                << name_of(isa) << ", panel " << panel;
          }
        }
      }
    }
  }
}

/// A product that no kernel is there for ends the program: left out, it would be a wrong result.
TEST(VectorMultiplyDeathTest, MoreUnitsThanItTakesAreNotLeftOut) {
  std::mt19937_64 random(1);
  for (const Index panel : {8, 16}) {
    const RandomPanels p(random, most_units + 1, panel, 3);
    EXPECT_DEATH(product(p), "");
  }
}

class VectorFill : public VectorIsaTest {};

TEST_F(VectorFill, EveryRowIsItsValue) {
  const std::vector<float> values = {1.5F, -0.0F, std::nanf(""), HUGE_VALF, 3.0F, 0x1p-149F};
  for (const VectorIsa isa : vector_isas_here()) {
    use_vector_isa(isa);
    for (const Index panel : panels) {
      for (Index rows = 0; rows <= std::ssize(values); ++rows) {
        const GuardedArray<float> from = guarded_copy({values.begin(), values.begin() + rows});
        const GuardedArray<float> c(rows * panel);
        vector_kernels().fill_rows(from.data(), rows, panel, c.data());
        for (Index e = 0; e < rows * panel; ++e) {
          ASSERT_EQ(bits_of(c.data()[e]), bits_of(values[static_cast<std::size_t>(e / panel)])) << name_of(isa);
        }
      }
    }
  }
}

class VectorBurn : public VectorIsaTest {};

/// Floats of a vector, by the name of its instruction set.
double width_of(std::string_view isa) {
  if (isa == "avx512") return 16.0;
  return isa == "avx2" ? 8.0 : 4.0;
}

/// Whether the compiler may assume fused multiply-adds everywhere.
#if defined(__FMA__) || defined(__aarch64__) || defined(__FP_FAST_FMAF)
constexpr bool always_fused = true;
#else
constexpr bool always_fused = false;
#endif

/// What is measured as the peak must be computed, by instructions: fused multiply-adds, or where the instruction set
/// has none, multiplications and additions.
TEST_F(VectorBurn, IsAsManyMultiplyAddsAsItSays) {
  constexpr Index rounds = 7;
  constexpr Index chains = 12;
  const std::vector<float> before = {1.0F, -2.0F, 0.5F, 0.0F, 3.0F, 4.0F, 5.0F, 6.0F, 7.0F, 8.0F, 9.0F, -10.0F};
  std::vector<float> fused = before;
  std::vector<float> separate = before;
  for (Index round = 0; round < rounds; ++round) {
    for (float& x : fused) x = std::fma(x, 0.999F, 0.001F);
    for (float& x : separate) x = x * 0.999F + 0.001F;
  }
  ASSERT_NE(fused, separate);
  for (const VectorIsa isa : vector_isas_here()) {
    use_vector_isa(isa);
    const GuardedArray<float> sink = guarded_copy(before);
    const double operations = vector_kernels().burn(rounds, sink.data());
    EXPECT_EQ(operations, 2.0 * rounds * chains * width_of(name_of(isa))) << name_of(isa);
    const std::vector<float>& expected = isa == VectorIsa::baseline && !always_fused ? separate : fused;
    for (std::size_t i = 0; i < chains; ++i) EXPECT_EQ(sink.data()[i], expected[i]) << name_of(isa);
  }
}

INSTANTIATE_TEST_SUITE_P(Units, VectorMultiply, testing::Range<Index>(1, most_units + 1));

}  // namespace
}  // namespace tally

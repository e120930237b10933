// Products against a naive twin, bits that do not depend on their neighbours, and no read past the padding.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <random>
#include <vector>

#include "kernels/blis.hpp"
#include "tests/kernels/guarded_floats.hpp"
#include "tests/kernels/reference_network.hpp"

namespace tally {
namespace {

constexpr Index depths[] = {1, 5, 50, 255, 256, 257, 784, 1000};
constexpr std::size_t padding = 64;  // bytes that BLIS may read past A and B

/// Random operands, padded as sgemm_add asks.
std::vector<float> random_floats(std::mt19937_64& random, Index count) {
  std::normal_distribution<float> normal;
  std::vector<float> values(static_cast<std::size_t>(count) + padding / sizeof(float));
  for (float& x : values) x = normal(random);
  return values;
}

bool same_bits(float a, float b) { return std::bit_cast<std::uint32_t>(a) == std::bit_cast<std::uint32_t>(b); }

TEST(SgemmAdd, IsTheProductWithinItsBound) {
  std::mt19937_64 random(1);
  for (const Index k : depths) {
    for (const Index m : {1, 3, 6, 7, 16, 33, 50}) {
      for (const Index n : {1, 2, 15, 16, 17, 48, 100}) {
        const Index lda = k + static_cast<Index>(random() % 3);
        const Index ldb = n + static_cast<Index>(random() % 3);
        const Index ldc = n + static_cast<Index>(random() % 3);
        const auto a = random_floats(random, m * lda);
        const auto b = random_floats(random, k * ldb);
        auto c = random_floats(random, m * ldc);
        const auto before = c;
        const reference::Sums expected = reference::gemm_add(m, n, k, a.data(), lda, b.data(), ldb, before.data(), ldc);
        sgemm_add(m, n, k, a.data(), lda, b.data(), ldb, c.data(), ldc);
        for (Index i = 0; i < m; ++i) {
          for (Index l = 0; l < ldc; ++l) {
            const auto at = static_cast<std::size_t>(i * ldc + l);
            if (l >= n) {
              ASSERT_EQ(c[at], before[at]) << "written outside of C";
              continue;
            }
            const auto element = static_cast<std::size_t>(i * n + l);
            ASSERT_LE(std::abs(static_cast<double>(c[at]) - expected.value[element]), expected.bound[element])
                << m << " x " << n << " x " << k << " at " << i << ", " << l;
          }
        }
      }
    }
  }
}

TEST(SgemmAdd, OfSmallIntegersIsExact) {
  const Index m = 7;
  const Index n = 19;
  const Index k = 300;
  std::vector<float> a(static_cast<std::size_t>(m * k) + 16);
  std::vector<float> b(static_cast<std::size_t>(k * n) + 16);
  std::vector<float> c(static_cast<std::size_t>(m * n), 3.0F);
  for (std::size_t i = 0; i < a.size(); ++i) a[i] = static_cast<float>(static_cast<int>(i % 7) - 3);
  for (std::size_t i = 0; i < b.size(); ++i) b[i] = static_cast<float>(static_cast<int>(i % 5) - 2);
  const reference::Sums expected = reference::gemm_add(m, n, k, a.data(), k, b.data(), n, c.data(), n);
  sgemm_add(m, n, k, a.data(), k, b.data(), n, c.data(), n);
  for (std::size_t i = 0; i < c.size(); ++i) ASSERT_EQ(static_cast<double>(c[i]), expected.value[i]);
}

TEST(SgemmAdd, NothingToMultiplyLeavesC) {
  std::vector<float> operand(100, 1.0F);
  std::vector<float> c(4, 2.0F);
  sgemm_add(0, 2, 3, operand.data(), 3, operand.data(), 2, c.data(), 2);
  sgemm_add(2, 0, 3, operand.data(), 3, operand.data(), 2, c.data(), 2);
  sgemm_add(2, 2, 0, operand.data(), 3, operand.data(), 2, c.data(), 2);
  EXPECT_EQ(c, (std::vector<float>(4, 2.0F)));
}

/// The rule that makes a sample's result independent of its neighbours: any number of columns, any position among them,
/// any number of rows around it.
class SgemmAddBits : public testing::TestWithParam<Index> {};

TEST_P(SgemmAddBits, DoNotDependOnNeighbours) {
  const Index k = GetParam();
  constexpr Index largest_m = 56;
  constexpr Index largest_n = 130;
  std::mt19937_64 random(static_cast<std::uint64_t>(k));
  const auto a = random_floats(random, largest_m * k);
  const auto b = random_floats(random, k * largest_n);
  const auto bias = random_floats(random, largest_m * largest_n);
  auto whole = bias;
  sgemm_add(largest_m, largest_n, k, a.data(), k, b.data(), largest_n, whole.data(), largest_n);
  for (Index n = 1; n <= largest_n; ++n) {
    const Index m = n % 4 == 0 ? largest_m : 1 + static_cast<Index>(random() % largest_m);
    const Index first = static_cast<Index>(random() % static_cast<std::uint64_t>(largest_n - n + 1));
    const Index top = static_cast<Index>(random() % static_cast<std::uint64_t>(largest_m - m + 1));
    std::vector<float> c(bias.size());
    for (Index i = 0; i < m; ++i) {
      std::memcpy(&c[static_cast<std::size_t>(i * largest_n)],
                  &bias[static_cast<std::size_t>((top + i) * largest_n + first)],
                  static_cast<std::size_t>(n) * sizeof(float));
    }
    sgemm_add(m, n, k, a.data() + top * k, k, b.data() + first, largest_n, c.data(), largest_n);
    for (Index i = 0; i < m; ++i) {
      for (Index l = 0; l < n; ++l) {
        ASSERT_TRUE(same_bits(c[static_cast<std::size_t>(i * largest_n + l)],
                              whole[static_cast<std::size_t>((top + i) * largest_n + first + l)]))
            << "row " << top + i << ", column " << first + l << " alone among " << m << " x " << n;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Depths, SgemmAddBits, testing::ValuesIn(depths));

TEST(SgemmAdd, ANanStaysInItsColumn) {
  const Index m = 20;
  const Index n = 37;
  const Index k = 300;
  std::mt19937_64 random(3);
  const auto a = random_floats(random, m * k);
  auto b = random_floats(random, k * n);
  std::vector<float> clean(static_cast<std::size_t>(m * n));
  std::vector<float> c = clean;
  sgemm_add(m, n, k, a.data(), k, b.data(), n, clean.data(), n);
  constexpr Index bad = 17;
  b[static_cast<std::size_t>(260 * n + bad)] = std::nanf("");
  sgemm_add(m, n, k, a.data(), k, b.data(), n, c.data(), n);
  for (Index i = 0; i < m; ++i) {
    for (Index l = 0; l < n; ++l) {
      const auto at = static_cast<std::size_t>(i * n + l);
      if (l == bad) {
        ASSERT_TRUE(std::isnan(c[at]));
      } else {
        ASSERT_TRUE(same_bits(c[at], clean[at]));
      }
    }
  }
}

/// A and B end 64 bytes before a page that cannot be read, C directly before one that cannot be written.
TEST(SgemmAdd, ReadsNothingPastThePadding) {
  for (const Index k : {1, 5, 50, 256, 257, 784}) {
    for (const Index m : {1, 2, 5, 6, 7, 10, 12, 31, 32, 33, 50, 150}) {
      for (const Index n : {1, 7, 12, 15, 16, 17, 31, 33, 128}) {
        GuardedFloats a(m * k, padding);
        GuardedFloats b(k * n, padding);
        GuardedFloats c(m * n, 0);
        for (Index i = 0; i < m * k; ++i) a.data()[i] = 1.0F;
        for (Index i = 0; i < k * n; ++i) b.data()[i] = 2.0F;
        sgemm_add(m, n, k, a.data(), k, b.data(), n, c.data(), n);
        ASSERT_EQ(c.data()[0], 2.0F * static_cast<float>(k));
        ASSERT_EQ(c.data()[m * n - 1], 2.0F * static_cast<float>(k));
      }
    }
  }
}

}  // namespace
}  // namespace tally

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

#include "kernels/softmax.hpp"
#include "tests/kernels/reference.hpp"

namespace tally {
namespace {

constexpr double eps = std::numeric_limits<double>::epsilon();

std::vector<double> softmax_of(const std::vector<double>& a) {
  std::vector<double> p(a.size());
  softmax(a, p);
  return p;
}

std::vector<long double> wide(const std::vector<double>& a) { return {a.begin(), a.end()}; }

std::vector<double> random_row(std::size_t n, double spread, std::mt19937_64& random) {
  std::normal_distribution<double> normal(0.0, spread);
  std::vector<double> a(n);
  for (double& x : a) x = normal(random);
  return a;
}

TEST(Softmax, AgreesWithTheFormulaAndSumsToOne) {
  std::mt19937_64 random(1);
  for (const std::size_t n : {1U, 2U, 3U, 7U, 8U, 9U, 10U, 63U, 64U, 65U, 128U, 1000U}) {
    for (const double spread : {0.1, 5.0, 200.0, 1e4}) {
      const std::vector<double> a = random_row(n, spread, random);
      const std::vector<double> p = softmax_of(a);
      const std::vector<long double> expected = reference::softmax(wide(a));
      const double k = static_cast<double>(n);
      for (std::size_t i = 0; i < n; ++i) {
        // a_i - m is rounded, by at most eps / 2 of it; where its exponential is not 0 it is below 746.
        const double bound = (k + 746.0) * eps;
        EXPECT_NEAR(p[i], static_cast<double>(expected[i]), bound * p[i] + std::numeric_limits<double>::denorm_min());
      }
      EXPECT_NEAR(std::accumulate(p.begin(), p.end(), 0.0), 1.0, 2.0 * (k + 2.0) * eps);
    }
  }
}

TEST(Softmax, AConstantAddedChangesNothing) {
  std::mt19937_64 random(2);
  std::uniform_int_distribution<int> sixteenths(-800, 800);
  std::vector<double> a(37);
  for (double& x : a) x = sixteenths(random) / 16.0;
  const std::vector<double> p = softmax_of(a);
  for (const double c : {1.0, -3.5, 1e4, -1e4, 0x1p+40}) {
    std::vector<double> shifted = a;
    for (double& x : shifted) x += c;  // exact
    EXPECT_EQ(softmax_of(shifted), p) << c;
  }
  // Inexact: every sum is rounded by at most half an ULP of |c| + 50.
  const double c = 1e7 / 3.0;
  std::vector<double> shifted = a;
  for (double& x : shifted) x += c;
  const std::vector<double> q = softmax_of(shifted);
  const double largest_rounding = (c + 50.0) * eps / 2.0;
  for (std::size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(q[i], p[i], p[i] * (2.5 * largest_rounding));
}

TEST(Softmax, LargeLogitsNeitherOverflowNorVanish) {
  EXPECT_EQ(softmax_of({1e4, 1e4}), (std::vector<double>{0.5, 0.5}));
  EXPECT_EQ(softmax_of({-1e4, -1e4, -1e4, -1e4}), (std::vector<double>{0.25, 0.25, 0.25, 0.25}));
  EXPECT_EQ(softmax_of({-1e4, 1e4}), (std::vector<double>{0.0, 1.0}));
  EXPECT_EQ(softmax_of({7.0}), (std::vector<double>{1.0}));
}

TEST(Softmax, MayWorkInPlace) {
  std::mt19937_64 random(3);
  for (const std::size_t n : {5U, 64U, 150U}) {
    std::vector<double> a = random_row(n, 3.0, random);
    const std::vector<double> expected = softmax_of(a);
    softmax(a, a);
    EXPECT_EQ(a, expected);
  }
}

TEST(LogSumExp, AgreesWithTheFormula) {
  std::mt19937_64 random(4);
  for (const std::size_t n : {1U, 2U, 10U, 64U, 100U, 1000U}) {
    for (const double spread : {0.1, 5.0, 1e4}) {
      const std::vector<double> a = random_row(n, spread, random);
      const double expected = static_cast<double>(reference::log_sum_exp(wide(a)));
      const double m = std::abs(*std::max_element(a.begin(), a.end()));
      const double bound = (static_cast<double>(n) / 8.0 + 8.0) * eps * std::max({1.0, m, std::abs(expected)});
      EXPECT_NEAR(log_sum_exp(a), expected, bound);
    }
  }
  // The maximum is not lost in a sum, nor the small rest in the maximum.
  EXPECT_LE(reference::ulp_distance(log_sum_exp(std::vector<double>{0.0, -200.0}), std::exp(-200.0L)), 2.0);
  EXPECT_EQ(log_sum_exp(std::vector<double>{-1e4, -1e4}), -1e4 + std::log(2.0));
}

}  // namespace
}  // namespace tally

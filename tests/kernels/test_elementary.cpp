#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>

#include "kernels/elementary.hpp"
#include "tests/kernels/reference.hpp"

namespace tally {
namespace {

constexpr double inf = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr int draws = 300'000;

long double wide(double x) { return static_cast<long double>(x); }

TEST(Elementary, ExpIsWithinOneUlp) {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> everywhere(-745.2, 709.7);
  std::uniform_real_distribution<double> near_zero(-1.0, 1.0);
  for (int i = 0; i < draws; ++i) {
    const double x = i % 2 == 0 ? everywhere(random) : near_zero(random);
    ASSERT_LE(reference::ulp_distance(exp_exact_bits(x), std::exp(wide(x))), 1.0) << x;
  }
}

TEST(Elementary, LogIsWithinOneUlp) {
  std::mt19937_64 random(2);
  std::uniform_real_distribution<double> exponents(-744.0, 709.0);
  std::uniform_real_distribution<double> near_one(0.4, 2.5);
  for (int i = 0; i < draws; ++i) {
    const double x = i % 2 == 0 ? std::exp(exponents(random)) : near_one(random);
    ASSERT_LE(reference::ulp_distance(log_exact_bits(x), std::log(wide(x))), 1.0) << x;
  }
}

TEST(Elementary, Log1pIsWithinOneUlpAndKeepsSmallArguments) {
  std::mt19937_64 random(3);
  std::uniform_real_distribution<double> exponents(-744.0, 709.0);
  std::uniform_real_distribution<double> around_zero(-0.999, 3.0);
  for (int i = 0; i < draws; ++i) {
    const double x = i % 2 == 0 ? std::exp(exponents(random)) : around_zero(random);
    ASSERT_LE(reference::ulp_distance(log1p_exact_bits(x), std::log1p(wide(x))), 1.0) << x;
  }
  EXPECT_EQ(log1p_exact_bits(1e-300), 1e-300);
  EXPECT_TRUE(std::signbit(log1p_exact_bits(-0.0)));
}

TEST(Elementary, HasTheEndsOfTheFunctions) {
  EXPECT_EQ(exp_exact_bits(0.0), 1.0);
  EXPECT_EQ(exp_exact_bits(-0.0), 1.0);
  EXPECT_EQ(exp_exact_bits(-inf), 0.0);
  EXPECT_EQ(exp_exact_bits(-1e300), 0.0);
  EXPECT_EQ(exp_exact_bits(-745.2), 0.0);
  EXPECT_EQ(exp_exact_bits(-745.1), std::numeric_limits<double>::denorm_min());
  EXPECT_EQ(exp_exact_bits(709.79), inf);
  EXPECT_EQ(exp_exact_bits(inf), inf);
  EXPECT_TRUE(std::isnan(exp_exact_bits(nan)));
  EXPECT_EQ(log_exact_bits(1.0), 0.0);
  EXPECT_EQ(log_exact_bits(0.0), -inf);
  EXPECT_EQ(log_exact_bits(inf), inf);
  EXPECT_TRUE(std::isnan(log_exact_bits(-1.0)));
  EXPECT_TRUE(std::isnan(log_exact_bits(nan)));
  EXPECT_EQ(log1p_exact_bits(-1.0), -inf);
  EXPECT_EQ(log1p_exact_bits(inf), inf);
  EXPECT_TRUE(std::isnan(log1p_exact_bits(-2.0)));
  EXPECT_TRUE(std::isnan(log1p_exact_bits(nan)));
}

}  // namespace
}  // namespace tally

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <stdexcept>
#include <utility>
#include <vector>

#include "kernels/exact_sum.hpp"
#include "tests/kernels/reference.hpp"

namespace tally {
namespace {

using limits = std::numeric_limits<double>;

ExactSum sum_of(std::span<const double> terms) {
  ExactSum sum;
  for (const double term : terms) sum.add(term);
  return sum;
}

double value_of(std::vector<double> terms) { return sum_of(terms).value(); }

/// Any finite double: all exponents are equally likely.
double any_double(std::mt19937_64& random) {
  for (;;) {
    const double x = std::bit_cast<double>(random());
    if (std::isfinite(x)) return x;
  }
}

TEST(ExactSum, HandPickedSums) {
  constexpr double tiny = limits::denorm_min();
  constexpr double huge = limits::max();
  constexpr double inf = limits::infinity();
  struct Case {
    std::vector<double> terms;
    double expected;
  };
  const Case cases[] = {
      {{}, 0.0},
      {{0.0, -0.0}, 0.0},
      {{1e308, 1.0, -1e308}, 1.0},
      {{1e308, 1e-320, -1e308}, 1e-320},
      {{tiny}, tiny},
      {{tiny, tiny, -tiny, -tiny, -tiny}, -tiny},
      {{limits::min(), -tiny}, limits::min() - tiny},
      {{limits::min() - tiny, tiny}, limits::min()},
      {{huge, huge, -huge}, huge},
      {{huge, huge, -huge, -huge, 1.0}, 1.0},
      {{huge, huge}, inf},
      {{-huge, -huge}, -inf},
      {{huge, 0x1p+969}, huge},  // below half an ULP of the largest number
      {{huge, 0x1p+970}, inf},   // half: to even, which is 2^1024
      {{huge, 0x1p+970, -tiny}, huge},
      {{-huge, -0x1p+970}, -inf},
      {{1.0, 0x1p-53}, 1.0},  // half, to even
      {{1.0, 0x1p-53, tiny}, 1.0 + 0x1p-52},
      {{1.0 + 0x1p-52, 0x1p-53}, 1.0 + 0x1p-51},
      {{1.0 + 0x1p-52, 0x1p-53, -tiny}, 1.0 + 0x1p-52},
      {{0x1.fffffffffffffp+0, 0x1p-53}, 2.0},  // the rounding carries into the exponent
      {{-1.0, -0x1p-53, -tiny}, -1.0 - 0x1p-52},
  };
  for (const Case& c : cases) {
    EXPECT_EQ(value_of(c.terms), c.expected) << testing::PrintToString(c.terms);
    EXPECT_EQ(reference::exact_sum(c.terms), c.expected) << "the twin, " << testing::PrintToString(c.terms);
  }
  EXPECT_FALSE(std::signbit(value_of({-1.0, 1.0})));
}

TEST(ExactSum, ASingleTermIsItself) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 20'000; ++i) {
    const double x = any_double(random);
    ASSERT_EQ(value_of({x}), x);
    ASSERT_EQ(value_of({x, x}), 2.0 * x);  // exact, infinite above the range
  }
}

TEST(ExactSum, AgreesWithSchoolbookArithmetic) {
  std::mt19937_64 random(2);
  for (int round = 0; round < 400; ++round) {
    std::vector<double> terms(random() % 40);
    const int width = static_cast<int>(random() % 2000);
    for (double& x : terms) {
      // Anywhere, or within 2^width above 2^-1060, where results are subnormal too.
      const double mantissa = static_cast<double>(static_cast<std::int64_t>(random())) * 0x1p-63;
      const int exponent = static_cast<int>(random() % static_cast<unsigned>(width + 1)) - 1060;
      x = round % 3 == 0 ? any_double(random) : std::ldexp(mantissa, exponent);
    }
    // Nearly cancelling pairs leave what was small.
    const std::size_t n = terms.size();
    for (std::size_t i = 0; i < n / 2; ++i) terms.push_back(-std::nextafter(terms[i], 0.0));
    ASSERT_EQ(value_of(terms), reference::exact_sum(terms)) << testing::PrintToString(terms);
  }
}

/// Sums as losses make them: positive, of few orders of magnitude, and many of the largest that are collected apart.
TEST(ExactSum, ManyPositiveTermsOfOrdinarySize) {
  std::mt19937_64 random(4);
  for (int round = 0; round < 30; ++round) {
    std::vector<double> terms;
    for (int i = 0; i < 200; ++i) {
      const double mantissa = 1.0 + static_cast<double>(random() >> 12U) * 0x1p-52;
      terms.push_back(std::ldexp(mantissa, static_cast<int>(random() % 70) - 53));  // from below 2^-50 to above 2^14
    }
    ASSERT_EQ(value_of(terms), reference::exact_sum(terms));
    ExactSum twice = sum_of(terms);
    twice += twice;
    ASSERT_EQ(twice.value(), 2.0 * reference::exact_sum(terms));
  }
  constexpr double large = 0x1.fffffffffffffp+13;
  ExactSum sum;
  for (int i = 0; i < 10'000; ++i) sum.add(large);
  for (int i = 0; i < 10'000; ++i) sum.add(-0x1p+14);
  EXPECT_EQ(sum.value(), -10'000 * 0x1p-39);
}

TEST(ExactSum, AnyOrderAndAnySplitGivesTheSameBits) {
  std::mt19937_64 random(3);
  std::vector<double> terms(300);
  for (double& x : terms) x = any_double(random) * 0x1p-9;
  const double expected = reference::exact_sum(terms);
  ASSERT_TRUE(std::isfinite(expected));
  for (int round = 0; round < 50; ++round) {
    std::shuffle(terms.begin(), terms.end(), random);
    std::vector<ExactSum> parts(1 + random() % 7);
    for (const double x : terms) parts[random() % parts.size()].add(x);
    ExactSum sequential;
    for (const ExactSum& part : parts) sequential += part;
    EXPECT_EQ(sequential.value(), expected);
    // As a reduction does it: words of normalised sums, added element by element.
    ExactSum reduced;
    for (ExactSum& part : parts) {
      part.normalize();
      const std::span<const std::int64_t> words = std::as_const(part).data();
      const std::span<std::int64_t> total = reduced.data();
      std::transform(total.begin(), total.end(), words.begin(), total.begin(), std::plus<>());
    }
    EXPECT_EQ(reduced.value(), expected);
    reduced.add(1.0);
    reduced.add(-1.0);
    EXPECT_EQ(reduced.value(), expected);
  }
}

TEST(ExactSum, NormalizeChangesNoValueAndBoundsTheWords) {
  std::mt19937_64 random(4);
  ExactSum sum;
  for (int i = 0; i < 1000; ++i) sum.add(any_double(random) * 0x1p-11);
  const double before = sum.value();
  sum.normalize();
  EXPECT_EQ(sum.value(), before);
  const auto words = std::as_const(sum).data();
  for (std::size_t i = 0; i + 1 < words.size(); ++i) {
    EXPECT_GE(words[i], 0);
    EXPECT_LT(words[i], std::int64_t{1} << 32);
  }
}

TEST(ExactSum, ManyTermsAreNormalisedInTime) {
  // Doubling by += reaches 2^60 terms of the largest digits, far past the 2^30 additions that a word can hold.
  const double x = 0x1.fffffffffffffp+900;
  for (const double sign : {1.0, -1.0}) {
    ExactSum sum;
    sum.add(sign * x);
    for (int i = 0; i < 60; ++i) {
      sum += sum;
      ASSERT_EQ(sum.value(), sign * std::ldexp(x, i + 1));
    }
  }
  ExactSum sum;
  ExactSum two;
  two.add(x);
  two.add(-x);
  for (int i = 0; i < 40; ++i) two += two;
  sum.add(3.0);
  sum += two;
  EXPECT_EQ(sum.value(), 3.0);
}

TEST(ExactSum, HoldsTheWordsOfTheMostRanks) {
  // 2^30 sums of words 2^32 - 1 each, as a reduction would leave them.
  ExactSum sum;
  const std::span<std::int64_t> words = sum.data();
  words[0] = ((std::int64_t{1} << 32) - 1) << 30;
  words[1] = words[0];
  // (2^32 - 1) (1 + 2^32) 2^30 = (2^64 - 1) 2^30 units of 2^-1074: rounds to 2^94.
  EXPECT_EQ(sum.value(), std::ldexp(1.0, 94 - 1074));
  sum.add(0.0);
  EXPECT_EQ(sum.value(), std::ldexp(1.0, 94 - 1074));
}

TEST(ExactSum, RefusesWhatIsNotFinite) {
  ExactSum sum;
  sum.add(1.0);
  EXPECT_THROW(sum.add(limits::quiet_NaN()), std::invalid_argument);
  EXPECT_THROW(sum.add(limits::infinity()), std::invalid_argument);
  EXPECT_THROW(sum.add(-limits::infinity()), std::invalid_argument);
  EXPECT_EQ(sum.value(), 1.0);
}

}  // namespace
}  // namespace tally

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <stdexcept>
#include <vector>

#include "kernels/counts.hpp"

namespace tally {
namespace {

Counts counts_of(Index samples, Index correct, Index nonfinite, std::vector<double> losses) {
  Counts counts;
  counts.samples = samples;
  counts.correct = correct;
  counts.nonfinite = nonfinite;
  for (const double loss : losses) counts.cross_entropy.add(loss);
  return counts;
}

void expect_equal(const Counts& a, const Counts& b) {
  EXPECT_EQ(a.samples, b.samples);
  EXPECT_EQ(a.correct, b.correct);
  EXPECT_EQ(a.nonfinite, b.nonfinite);
  EXPECT_EQ(a.cross_entropy.value(), b.cross_entropy.value());
}

TEST(Counts, Ratios) {
  const Counts counts = counts_of(5, 2, 1, {1.0, 2.0, 3.0, 4.0});
  EXPECT_EQ(counts.accuracy(), 2.0 / 5.0);
  EXPECT_EQ(counts.mean_cross_entropy(), 10.0 / 4.0);
}

TEST(Counts, RatiosOfNothingAreUndefined) {
  EXPECT_TRUE(std::isnan(Counts{}.accuracy()));
  EXPECT_TRUE(std::isnan(Counts{}.mean_cross_entropy()));
  const Counts all_bad = counts_of(3, 0, 3, {});
  EXPECT_EQ(all_bad.accuracy(), 0.0);
  EXPECT_TRUE(std::isnan(all_bad.mean_cross_entropy()));
}

TEST(Counts, AddUp) {
  Counts counts = counts_of(5, 2, 1, {1e300, 0.5});
  counts += counts_of(7, 3, 2, {-1e300, 0.25});
  expect_equal(counts, counts_of(12, 5, 3, {0.75}));
}

TEST(Counts, WordsComeBack) {
  for (const Counts& counts : {Counts{}, counts_of(5, 2, 1, {1e-300, 3.5, 1e20}), counts_of(1, 0, 0, {-7.25})}) {
    expect_equal(Counts::from_words(counts.to_words()), counts);
  }
}

TEST(Counts, WordsOfRanksAddUpElementByElement) {
  const Counts ranks[] = {counts_of(5, 2, 1, {1e-3, 1e20}), Counts{}, counts_of(7, 3, 0, {-1e20, 2e-3, 0.1}),
                          counts_of(9, 9, 0, {-5e-324})};
  Counts expected;
  std::vector<std::int64_t> total(Counts{}.to_words().size());
  for (const Counts& counts : ranks) {
    expected += counts;
    const std::vector<std::int64_t> words = counts.to_words();
    ASSERT_EQ(words.size(), total.size());
    std::transform(total.begin(), total.end(), words.begin(), total.begin(), std::plus<>());
  }
  expect_equal(Counts::from_words(total), expected);
}

TEST(Counts, RefuseAnotherLength) {
  std::vector<std::int64_t> words = Counts{}.to_words();
  words.pop_back();
  EXPECT_THROW(Counts::from_words(words), std::invalid_argument);
  EXPECT_THROW(Counts::from_words({}), std::invalid_argument);
}

}  // namespace
}  // namespace tally

// How many classes come before the true one, which top-k accuracy counts.
#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <vector>

#include "kernels/score.hpp"
#include "tests/kernels/reference_score.hpp"

namespace tally {
namespace {

std::int32_t rank_of(const std::vector<float>& logits, Index label) {
  return score_sample(ActivationKind::softmax, logits, label, {}).rank;
}

TEST(ScoreRank, CountsLargerLogitsAndEqualOnesOfLowerClasses) {
  const std::vector<float> logits = {1.0F, 3.0F, 3.0F, -2.0F, 1.0F, 9.0F};
  EXPECT_EQ(rank_of(logits, 5), 0);
  EXPECT_EQ(rank_of(logits, 1), 1);
  EXPECT_EQ(rank_of(logits, 2), 2);
  EXPECT_EQ(rank_of(logits, 0), 3);
  EXPECT_EQ(rank_of(logits, 4), 4);
  EXPECT_EQ(rank_of(logits, 3), 5);
}

TEST(ScoreRank, EqualLogitsRankByClass) {
  const std::vector<float> zeros = {0.0F, -0.0F, 0.0F, -0.0F};
  for (Index label = 0; label < 4; ++label) EXPECT_EQ(rank_of(zeros, label), label);
}

TEST(ScoreRank, OneUnitMeansTwoClasses) {
  for (const ActivationKind output : {ActivationKind::sigmoid, ActivationKind::identity}) {
    const auto rank = [&](float logit, Index label) { return score_sample(output, {&logit, 1}, label, {}).rank; };
    EXPECT_EQ(rank(0.5F, 1), 0);
    EXPECT_EQ(rank(0.5F, 0), 1);
    EXPECT_EQ(rank(-1e-38F, 0), 0);
    EXPECT_EQ(rank(-1e-38F, 1), 1);
    EXPECT_EQ(rank(0.0F, 0), 0);  // a tie, to the lower class
    EXPECT_EQ(rank(0.0F, 1), 1);
    EXPECT_EQ(rank(-0.0F, 1), 1);
  }
}

TEST(ScoreRank, ANonFiniteLogitHasNoRank) {
  for (const float bad : {std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity(),
                          -std::numeric_limits<float>::infinity()}) {
    for (const std::size_t n : {1U, 2U, 10U}) {
      for (std::size_t at = 0; at < n; ++at) {
        for (Index label = 0; label < 2; ++label) {
          std::vector<float> logits(n, 1.0F);
          logits[at] = bad;
          EXPECT_EQ(score_sample(ActivationKind::sigmoid, logits, label, {}).rank, -1);
        }
      }
    }
  }
}

/// Of few different logits, so that there are ties of every kind, in tiles of any size.
TEST(ScoreRank, IsThePlaceInASortedList) {
  std::mt19937_64 random(3);
  for (const Index units : {1, 2, 3, 10, 33, 300}) {
    for (const Index count : {1, 7, 8, 31, 32, 33, 70}) {
      std::vector<float> logits(static_cast<std::size_t>(units * count));
      for (float& x : logits) x = static_cast<float>(static_cast<int>(random() % 9) - 4);
      const auto classes = static_cast<std::uint64_t>(units == 1 ? 2 : units);
      std::vector<Index> labels(static_cast<std::size_t>(count));
      for (Index& label : labels) label = static_cast<Index>(random() % classes);
      for (const ActivationKind output : {ActivationKind::identity, ActivationKind::sigmoid}) {
        std::vector<Score> scores(labels.size());
        score_tile(output, logits.data(), units, count, labels, scores, {});
        for (std::size_t i = 0; i < labels.size(); ++i) {
          std::vector<float> sample;
          for (Index k = 0; k < units; ++k) sample.push_back(logits[static_cast<std::size_t>(k * count) + i]);
          const reference::Score expected = reference::score(output, sample, labels[i]);
          ASSERT_EQ(scores[i].rank, expected.rank);
          ASSERT_EQ(scores[i].predicted, expected.predicted);
          ASSERT_EQ(scores[i].rank == 0, scores[i].predicted == labels[i]);
        }
      }
    }
  }
}

}  // namespace
}  // namespace tally

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

#include "kernels/score.hpp"
#include "tests/kernels/reference.hpp"

namespace tally {
namespace {

constexpr double eps = std::numeric_limits<double>::epsilon();
constexpr double float_eps = std::numeric_limits<float>::epsilon();
constexpr float inf = std::numeric_limits<float>::infinity();
constexpr float nan = std::numeric_limits<float>::quiet_NaN();

struct Result {
  Score score;
  std::vector<float> probabilities;
};

Result score_of(ActivationKind output, const std::vector<float>& logits, Index label) {
  Result result;
  result.probabilities.resize(std::max<std::size_t>(2, logits.size()));
  result.score = score_sample(output, logits, label, result.probabilities);
  return result;
}

/// -ln(1 + e^-a) in long double.
long double log_sigmoid(long double a) { return std::min(a, 0.0L) - std::log1p(std::exp(-std::abs(a))); }

/// What softmax is taken of, by definition.
std::vector<long double> class_logits(ActivationKind output, const std::vector<float>& logits) {
  if (logits.size() == 1) return {0.0L, logits[0]};
  std::vector<long double> v(logits.begin(), logits.end());
  if (output == ActivationKind::sigmoid) std::transform(v.begin(), v.end(), v.begin(), log_sigmoid);
  return v;
}

void expect_definition(ActivationKind output, const std::vector<float>& logits, Index label) {
  const Result r = score_of(output, logits, label);
  const std::vector<long double> v = class_logits(output, logits);
  const std::vector<long double> p = reference::softmax(v);
  const std::size_t best =
      logits.size() == 1 ? (logits[0] > 0.0F ? 1U : 0U)
                         : static_cast<std::size_t>(std::max_element(logits.begin(), logits.end()) - logits.begin());
  const double k = static_cast<double>(v.size());
  long double size = 1.0L;
  for (const long double x : v) size = std::max(size, std::abs(x));
  const double slack = (k + 8.0 * static_cast<double>(size)) * eps;  // of v_k - m, and of the sum
  ASSERT_EQ(r.score.predicted, static_cast<std::int32_t>(best));
  ASSERT_NEAR(r.score.confidence, static_cast<double>(p[best]), (float_eps + slack) * r.score.confidence);
  EXPECT_GT(r.score.confidence, 0.0F);
  EXPECT_LE(r.score.confidence, 1.0F);
  const double loss = static_cast<double>(reference::log_sum_exp(v) - v[static_cast<std::size_t>(label)]);
  ASSERT_NEAR(r.score.cross_entropy, loss, slack);
  ASSERT_GE(r.score.cross_entropy, 0.0);
  for (std::size_t i = 0; i < p.size(); ++i) {
    const double expected = static_cast<double>(p[i]);
    ASSERT_NEAR(r.probabilities[i], expected, (float_eps + slack) * expected + 0x1p-149);
  }
  ASSERT_EQ(r.probabilities[best], r.score.confidence);
}

TEST(Score, AgreesWithTheDefinitions) {
  std::mt19937_64 random(1);
  for (const std::size_t n : {1U, 2U, 3U, 10U, 100U}) {
    for (const float spread : {0.5F, 5.0F, 100.0F, 1e4F}) {
      for (int i = 0; i < 20; ++i) {
        std::normal_distribution<float> normal(0.0F, spread);
        std::vector<float> logits(n);
        for (float& x : logits) x = normal(random);
        const auto label = static_cast<Index>(random() % std::max<std::size_t>(2, n));
        for (const ActivationKind output :
             {ActivationKind::softmax, ActivationKind::identity, ActivationKind::sigmoid}) {
          if (n == 1 && output == ActivationKind::softmax) continue;
          expect_definition(output, logits, label);
        }
      }
    }
  }
}

TEST(Score, TiesGoToTheLowerClass) {
  for (const ActivationKind output : {ActivationKind::softmax, ActivationKind::sigmoid}) {
    EXPECT_EQ(score_of(output, {1.0F, 3.0F, 3.0F}, 0).score.predicted, 1);
    EXPECT_EQ(score_of(output, {0.0F, -0.0F}, 0).score.predicted, 0);
    EXPECT_EQ(score_of(output, {-0.0F, 0.0F}, 0).score.predicted, 0);
  }
  EXPECT_EQ(score_of(ActivationKind::sigmoid, {0.0F}, 0).score.predicted, 0);
  EXPECT_EQ(score_of(ActivationKind::sigmoid, {-0.0F}, 0).score.predicted, 0);
  EXPECT_EQ(score_of(ActivationKind::sigmoid, {1e-30F}, 0).score.predicted, 1);
}

TEST(Score, LargeLogitsWork) {
  const Result sure = score_of(ActivationKind::softmax, {-1e4F, 1e4F, 0.0F}, 0);
  EXPECT_EQ(sure.score.predicted, 1);
  EXPECT_EQ(sure.score.confidence, 1.0F);
  EXPECT_EQ(sure.score.cross_entropy, 2e4);
  const float max = std::numeric_limits<float>::max();
  EXPECT_EQ(score_of(ActivationKind::softmax, {-max, max}, 0).score.cross_entropy, 2.0 * static_cast<double>(max));
  EXPECT_EQ(score_of(ActivationKind::sigmoid, {-1e4F}, 1).score.cross_entropy, 1e4);
  EXPECT_EQ(score_of(ActivationKind::sigmoid, {1e4F}, 1).score.cross_entropy, 0.0);
}

TEST(Score, AConfidentPredictionKeepsItsSmallLoss) {
  const double loss = score_of(ActivationKind::softmax, {0.0F, -50.0F}, 0).score.cross_entropy;
  EXPECT_LE(reference::ulp_distance(loss, std::exp(-50.0L)), 2.0);
  const double binary = score_of(ActivationKind::identity, {50.0F}, 1).score.cross_entropy;
  EXPECT_EQ(binary, loss);
}

TEST(Score, SigmoidOutputsThatAllUnderflowAreStillCompared) {
  const Result equal = score_of(ActivationKind::sigmoid, {-1e4F, -1e4F, -1e4F, -1e4F}, 2);
  EXPECT_EQ(equal.probabilities, (std::vector<float>{0.25F, 0.25F, 0.25F, 0.25F}));
  EXPECT_EQ(equal.score.predicted, 0);
  EXPECT_LE(reference::ulp_distance(equal.score.cross_entropy, std::log(4.0L)), 1.0);
  // Sigmoids that are both 1 in any precision: the logits decide.
  EXPECT_EQ(score_of(ActivationKind::sigmoid, {2000.0F, 3000.0F}, 0).score.predicted, 1);
}

TEST(Score, ANonFiniteLogitIsNoPrediction) {
  for (const float bad : {nan, inf, -inf}) {
    for (const std::size_t n : {1U, 2U, 10U}) {
      for (std::size_t at = 0; at < n; ++at) {
        for (const ActivationKind output : {ActivationKind::identity, ActivationKind::sigmoid}) {
          std::vector<float> logits(n, 1.0F);
          logits[at] = bad;
          const Result r = score_of(output, logits, 0);
          EXPECT_FALSE(r.score.finite());
          EXPECT_EQ(r.score.predicted, -1);
          EXPECT_TRUE(std::isnan(r.score.confidence));
          EXPECT_TRUE(std::isnan(r.score.cross_entropy));
          for (const float p : r.probabilities) EXPECT_TRUE(std::isnan(p));
        }
      }
    }
  }
}

TEST(Score, ProbabilitiesSumToOneAndAddingAConstantChangesNothing) {
  const std::vector<float> logits = {0.5F, -2.25F, 8.0F, 7.75F, -100.0F};
  const Result r = score_of(ActivationKind::softmax, logits, 3);
  const double sum = std::accumulate(r.probabilities.begin(), r.probabilities.end(), 0.0);
  EXPECT_NEAR(sum, 1.0, 5 * float_eps / 2.0);
  std::vector<float> shifted = logits;
  for (float& x : shifted) x += 1024.0F;  // exact
  const Result s = score_of(ActivationKind::softmax, shifted, 3);
  EXPECT_EQ(s.probabilities, r.probabilities);
  EXPECT_EQ(s.score.cross_entropy, r.score.cross_entropy);
}

/// One by one, or in tiles of any size, at any leading dimension: the same bits.
TEST(ScoreTile, HasTheBitsOfEachSample) {
  std::mt19937_64 random(5);
  std::normal_distribution<float> normal(0.0F, 4.0F);
  for (const Index units : {1, 2, 10, 33}) {
    for (const Index count : {0, 1, 31, 32, 33, 128}) {
      const Index ld = count + 3;
      std::vector<float> logits(static_cast<std::size_t>(units * ld));
      for (float& x : logits) x = random() % 200 == 0 ? nan : normal(random);
      const Index classes = units == 1 ? 2 : units;
      std::vector<Index> labels(static_cast<std::size_t>(count));
      for (Index& label : labels) label = static_cast<Index>(random() % static_cast<unsigned>(classes));
      for (const ActivationKind output : {ActivationKind::identity, ActivationKind::sigmoid}) {
        std::vector<Score> scores(labels.size());
        std::vector<float> p(labels.size() * static_cast<std::size_t>(classes));
        score_tile(output, logits.data(), units, ld, labels, scores, p);
        std::vector<Score> without(labels.size());
        score_tile(output, logits.data(), units, ld, labels, without, {});
        for (std::size_t i = 0; i < labels.size(); ++i) {
          std::vector<float> sample;
          for (Index k = 0; k < units; ++k) sample.push_back(logits[static_cast<std::size_t>(k * ld) + i]);
          const Result expected = score_of(output, sample, labels[i]);
          for (const Score& score : {scores[i], without[i]}) {
            ASSERT_EQ(score.predicted, expected.score.predicted);
            if (!score.finite()) continue;
            ASSERT_EQ(std::bit_cast<std::uint32_t>(score.confidence),
                      std::bit_cast<std::uint32_t>(expected.score.confidence));
            ASSERT_EQ(std::bit_cast<std::uint64_t>(score.cross_entropy),
                      std::bit_cast<std::uint64_t>(expected.score.cross_entropy));
          }
          for (std::size_t k = 0; k < expected.probabilities.size(); ++k) {
            const float got = p[i * static_cast<std::size_t>(classes) + k];
            ASSERT_EQ(std::isnan(got), !scores[i].finite());
            if (scores[i].finite()) {
              ASSERT_EQ(got, expected.probabilities[k]);
            }
          }
        }
      }
    }
  }
}

}  // namespace
}  // namespace tally

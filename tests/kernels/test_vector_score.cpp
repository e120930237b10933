// Scores have the same bits on every instruction set and for any number of samples, and those bits are within their
// bounds.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "kernels/score.hpp"
#include "tests/kernels/each_vector_isa.hpp"
#include "tests/kernels/guarded_array.hpp"
#include "tests/kernels/reference_score.hpp"

namespace tally {
namespace {

constexpr double eps = std::numeric_limits<double>::epsilon();
constexpr double float_eps = std::numeric_limits<float>::epsilon();

/// Logits [units][count] and labels of some samples.
struct Tile {
  Index units;
  Index count;
  std::vector<float> logits;
  std::vector<Index> labels;

  std::size_t classes() const { return units == 1 ? 2 : static_cast<std::size_t>(units); }
  std::vector<float> sample(std::size_t i) const {
    std::vector<float> of_sample;
    for (Index k = 0; k < units; ++k) of_sample.push_back(logits[static_cast<std::size_t>(k * count) + i]);
    return of_sample;
  }
};

/// A third of the tiles have finite logits only, whose differences are exact; others have NaN, infinities, the largest
/// and the smallest numbers among them.
Tile random_tile(std::mt19937_64& random, Index units, Index count) {
  Tile tile{units, count, std::vector<float>(static_cast<std::size_t>(units * count)),
            std::vector<Index>(static_cast<std::size_t>(count))};
  const bool tame = random() % 3 == 0;
  std::uniform_int_distribution<int> sixteenths(-400, 400);
  for (float& x : tile.logits) {
    x = static_cast<float>(sixteenths(random)) / 16.0F;
    if (!tame && random() % 20 == 0) x = std::bit_cast<float>(static_cast<std::uint32_t>(random()));
    if (!tame && random() % 100 == 0) x = std::numeric_limits<float>::infinity();
  }
  for (Index& label : tile.labels) label = static_cast<Index>(random() % tile.classes());
  return tile;
}

/// Everything that scoring says, as numbers; memory ends where the results do.
std::vector<double> score_all(const Tile& tile, ActivationKind output, bool with_probabilities) {
  const GuardedArray<float> logits(tile.units * tile.count);
  std::copy(tile.logits.begin(), tile.logits.end(), logits.begin());
  const GuardedArray<Index> labels(tile.count);
  std::copy(tile.labels.begin(), tile.labels.end(), labels.begin());
  const GuardedArray<Score> scores(tile.count);
  const GuardedArray<float> probabilities(with_probabilities ? tile.count * static_cast<Index>(tile.classes()) : 0);
  score_tile(output, logits.data(), tile.units, tile.count, labels.span(), scores.span(), probabilities.span());
  std::vector<double> all;
  for (const Score& score : scores) {
    all.insert(all.end(), {static_cast<double>(score.predicted), static_cast<double>(score.rank),
                           static_cast<double>(score.confidence), score.cross_entropy});
  }
  for (const float p : probabilities) all.push_back(static_cast<double>(p));
  return all;
}

class VectorScore : public VectorIsaTest, public testing::WithParamInterface<Index> {};

TEST_P(VectorScore, HasTheSameBitsOnEachIsaAndForAnyCount) {
  std::mt19937_64 random(static_cast<std::uint64_t>(GetParam()));
  for (Index count = 1; count <= 70; ++count) {
    const Tile tile = random_tile(random, GetParam(), count);
    for (const ActivationKind output : {ActivationKind::softmax, ActivationKind::sigmoid}) {
      for (const bool with_probabilities : {false, true}) {
        expect_same_bits_on_each_isa([&] { return score_all(tile, output, with_probabilities); });
        if (HasFatalFailure()) return;
      }
    }
    // One by one, too: what is said of a sample does not depend on the others.
    const std::vector<double> together = score_all(tile, ActivationKind::sigmoid, false);
    for (Index i = 0; i < count; ++i) {
      const auto at = static_cast<std::size_t>(i);
      const std::vector<double> alone =
          score_all({tile.units, 1, tile.sample(at), {tile.labels[at]}}, ActivationKind::sigmoid, false);
      for (std::size_t f = 0; f < alone.size(); ++f) ASSERT_EQ(bits_of(together[4 * at + f]), bits_of(alone[f]));
    }
  }
}

/// By the bounds that score.hpp states.
void expect_twin(const Tile& tile, ActivationKind output) {
  std::vector<Score> scores(tile.labels.size());
  std::vector<float> probabilities(tile.labels.size() * tile.classes());
  score_tile(output, tile.logits.data(), tile.units, tile.count, tile.labels, scores, probabilities);
  for (std::size_t i = 0; i < scores.size(); ++i) {
    const reference::Score expected = reference::score(output, tile.sample(i), tile.labels[i]);
    ASSERT_EQ(scores[i].predicted, expected.predicted);
    ASSERT_EQ(scores[i].rank, expected.rank);
    if (!scores[i].finite()) {
      ASSERT_TRUE(std::isnan(scores[i].confidence));
      ASSERT_TRUE(std::isnan(scores[i].cross_entropy));
      for (std::size_t k = 0; k < tile.classes(); ++k) ASSERT_TRUE(std::isnan(probabilities[i * tile.classes() + k]));
      continue;
    }
    const auto best = static_cast<std::size_t>(expected.predicted);
    double size = 0.0;
    for (const long double v : expected.values) size = std::max(size, std::abs(static_cast<double>(v)));
    // What the differences v_k - m are off by: nothing where they are exact.
    const bool exact = output == ActivationKind::softmax && size <= 25.0;
    const double error = exact ? 0.0 : 2.0 * eps * size;
    const auto k = static_cast<double>(tile.classes());
    const double loss = static_cast<double>(expected.cross_entropy);
    const double gap =
        static_cast<double>(expected.values[best] - expected.values[static_cast<std::size_t>(tile.labels[i])]);
    ASSERT_LE(std::abs(scores[i].cross_entropy - loss), (k + 6.0) * eps * std::max(gap, loss) + 2.0 * error);
    const double relative = (k + 4.0) * eps + float_eps / 2.0 + 2.0 * error;
    for (std::size_t c = 0; c < tile.classes(); ++c) {
      const auto p = static_cast<double>(expected.probabilities[c]);
      ASSERT_LE(std::abs(static_cast<double>(probabilities[i * tile.classes() + c]) - p), relative * p + 0x1p-149);
    }
    ASSERT_EQ(scores[i].confidence, probabilities[i * tile.classes() + best]);
  }
}

TEST_P(VectorScore, IsWithinItsBounds) {
  std::mt19937_64 random(static_cast<std::uint64_t>(GetParam()) + 100);
  for (const VectorIsa isa : vector_isas_here()) {
    use_vector_isa(isa);
    for (const Index count : {1, 7, 8, 40, 70}) {
      for (int repeat = 0; repeat < 6; ++repeat) {
        const Tile tile = random_tile(random, GetParam(), count);
        for (const ActivationKind output : {ActivationKind::softmax, ActivationKind::sigmoid}) {
          expect_twin(tile, output);
          if (HasFatalFailure()) return;
        }
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Units, VectorScore, testing::Values(1, 2, 3, 10, 33));

}  // namespace
}  // namespace tally

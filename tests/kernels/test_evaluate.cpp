// Blocks of labelled rows: counts against a naive twin, and the same bits for any threads and any cut.
#include "kernels/evaluate.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "kernels/score.hpp"
#include "tests/kernels/random_network.hpp"
#include "tests/kernels/reference.hpp"
#include "tests/kernels/reference_network.hpp"

namespace tally {
namespace {

constexpr Index inputs = 20;
constexpr Index classes = 7;

struct Outputs {
  std::vector<std::int32_t> predicted;
  std::vector<float> confidence;
  std::vector<float> probabilities;

  explicit Outputs(Index rows)
      : predicted(static_cast<std::size_t>(rows), -7),
        confidence(static_cast<std::size_t>(rows), -7.0F),
        probabilities(static_cast<std::size_t>(rows * classes), -7.0F) {}

  SampleOutputs part(Index first, Index count) {
    const auto from = static_cast<std::size_t>(first);
    const auto length = static_cast<std::size_t>(count);
    return {std::span(predicted).subspan(from, length), std::span(confidence).subspan(from, length),
            std::span(probabilities).subspan(from * classes, length * classes)};
  }

  /// NaN has one bit pattern here: its payload is nobody's.
  std::vector<std::uint32_t> bits() const {
    std::vector<std::uint32_t> all;
    for (const std::int32_t x : predicted) all.push_back(static_cast<std::uint32_t>(x));
    for (const auto* values : {&confidence, &probabilities}) {
      for (const float x : *values) all.push_back(std::isnan(x) ? 0x7fc00000U : std::bit_cast<std::uint32_t>(x));
    }
    return all;
  }
};

StoredRows part_of(const StoredRows& rows, Index first, Index count) {
  return {rows.row(first), rows.type, count, rows.inputs};
}

/// What two evaluations must agree on, to the bit.
std::vector<std::uint64_t> bits_of(const Counts& counts) {
  return {static_cast<std::uint64_t>(counts.samples), static_cast<std::uint64_t>(counts.correct),
          static_cast<std::uint64_t>(counts.nonfinite), std::bit_cast<std::uint64_t>(counts.cross_entropy.value())};
}

class Evaluate : public testing::Test {
 protected:
  void SetUp() override {
    model_ =
        random_model(random_, {inputs, 33, classes}, default_activation(ActivationKind::elu), ActivationKind::softmax);
    network_ = std::make_unique<Network>(model_);
  }

  std::vector<std::int64_t> random_labels(Index rows) {
    std::vector<std::int64_t> labels(static_cast<std::size_t>(rows));
    for (std::int64_t& label : labels) label = static_cast<std::int64_t>(random_() % classes);
    return labels;
  }

  std::mt19937_64 random_{11};
  Model model_;
  std::unique_ptr<Network> network_;
};

TEST_F(Evaluate, CountsWhatANaiveTwinCounts) {
  constexpr Index total = 700;
  RandomRows rows(random_, total, inputs);
  const std::vector<std::int64_t> labels = random_labels(total);
  Outputs outputs(total);
  const Counts counts = evaluate_rows(*network_, rows.stored(), {}, labels, 2, outputs.part(0, total));
  Index surely_correct = 0;
  Index undecided = 0;
  long double loss = 0.0L;
  double loss_bound = 0.0;
  for (Index i = 0; i < total; ++i) {
    const auto at = static_cast<std::size_t>(i);
    const auto label = static_cast<std::size_t>(labels[at]);
    const reference::Logits logits = reference::forward(model_, rows.row(i));
    const double bound = *std::max_element(logits.bound.begin(), logits.bound.end());
    const auto best = std::max_element(logits.value.begin(), logits.value.end());
    const auto near = std::count_if(logits.value.begin(), logits.value.end(),
                                    [&](double logit) { return logit >= *best - 2.0 * bound; });
    const bool decided = near == 1;
    undecided += decided ? 0 : 1;
    if (decided) {
      ASSERT_EQ(outputs.predicted[at], best - logits.value.begin());
      surely_correct += outputs.predicted[at] == labels[at] ? 1 : 0;
    }
    const std::vector<long double> wide(logits.value.begin(), logits.value.end());
    const std::vector<long double> p = reference::softmax(wide);
    loss += reference::log_sum_exp(wide) - wide[label];
    // A logit off by e changes log p by at most 2 e.
    loss_bound += 2.0 * bound + 20.0 * std::numeric_limits<double>::epsilon();
    for (std::size_t k = 0; k < classes; ++k) {
      const auto got = static_cast<double>(outputs.probabilities[at * classes + k]);
      ASSERT_NEAR(got, static_cast<double>(p[k]), static_cast<double>(p[k]) * (std::expm1(2.0 * bound) + 0x1p-23));
    }
    ASSERT_EQ(outputs.confidence[at],
              outputs.probabilities[at * classes + static_cast<std::size_t>(outputs.predicted[at])]);
  }
  EXPECT_LE(undecided, total / 100) << "too few rows tell anything";
  EXPECT_EQ(counts.samples, total);
  EXPECT_EQ(counts.nonfinite, 0);
  EXPECT_GE(counts.correct, surely_correct);
  EXPECT_LE(counts.correct, surely_correct + undecided);
  EXPECT_NEAR(counts.cross_entropy.value(), static_cast<double>(loss), loss_bound);
}

TEST_F(Evaluate, ExactlyThePredictionsThatMeetTheirLabelAreCorrect) {
  constexpr Index total = 300;
  RandomRows rows(random_, total, inputs);
  Outputs outputs(total);
  evaluate_rows(*network_, rows.stored(), {}, random_labels(total), 1, outputs.part(0, total));
  std::vector<std::int64_t> labels(outputs.predicted.begin(), outputs.predicted.end());
  EXPECT_EQ(evaluate_rows(*network_, rows.stored(), {}, labels, 2, {}).correct, total);
  for (std::size_t i = 0; i < 100; ++i) labels[i] = (labels[i] + 1) % classes;
  EXPECT_EQ(evaluate_rows(*network_, rows.stored(), {}, labels, 2, {}).correct, total - 100);
}

TEST_F(Evaluate, TheSameBitsForAnyThreadsAndAnyCut) {
  const Index total = 5 * network_->tile_rows() + 37;
  RandomRows rows(random_, total, inputs);
  for (const Index bad : {Index{3}, total / 3, total - 1}) rows.row(bad)[5] = std::nanf("");
  const std::vector<std::int64_t> labels = random_labels(total);
  Outputs expected(total);
  const Counts counts = evaluate_rows(*network_, rows.stored(), {}, labels, 1, expected.part(0, total));
  EXPECT_EQ(counts.nonfinite, 3);
  for (const int threads : {1, 2, 3, 7}) {
    for (const Index longest : {Index{1}, Index{50}, network_->tile_rows(), Index{300}, total}) {
      Outputs outputs(total);
      Counts sum;
      for (Index first = 0; first < total;) {
        const Index count =
            std::min(total - first, 1 + static_cast<Index>(random_() % static_cast<std::uint64_t>(longest)));
        sum +=
            evaluate_rows(*network_, part_of(rows.stored(), first, count), {},
                          std::span(labels).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count)),
                          threads, outputs.part(first, count));
        first += count;
      }
      ASSERT_EQ(bits_of(sum), bits_of(counts)) << threads << " threads, blocks of up to " << longest;
      ASSERT_EQ(outputs.bits(), expected.bits()) << threads << " threads, blocks of up to " << longest;
    }
  }
}

TEST_F(Evaluate, OutputsNotWantedAreNotNeeded) {
  constexpr Index total = 200;
  RandomRows rows(random_, total, inputs);
  const std::vector<std::int64_t> labels = random_labels(total);
  Outputs outputs(total);
  const Counts all = evaluate_rows(*network_, rows.stored(), {}, labels, 2, outputs.part(0, total));
  EXPECT_EQ(bits_of(evaluate_rows(*network_, rows.stored(), {}, labels, 2, {})), bits_of(all));
  Outputs only(total);
  evaluate_rows(*network_, rows.stored(), {}, labels, 2, {only.predicted, {}, {}});
  EXPECT_EQ(only.predicted, outputs.predicted);
}

TEST_F(Evaluate, AnEmptyBlockCountsNothing) {
  const Counts counts = evaluate_rows(*network_, {nullptr, StoredType::float32, 0, inputs}, {}, {}, 3, {});
  EXPECT_EQ(bits_of(counts), bits_of(Counts{}));
}

TEST_F(Evaluate, ANonFiniteSampleIsLeftOut) {
  constexpr Index total = 10;
  RandomRows rows(random_, total, inputs);
  const std::vector<std::int64_t> labels = random_labels(total);
  Outputs clean(total);
  const Counts before = evaluate_rows(*network_, rows.stored(), {}, labels, 1, clean.part(0, total));
  rows.row(4)[0] = std::nanf("");
  Outputs outputs(total);
  const Counts after = evaluate_rows(*network_, rows.stored(), {}, labels, 1, outputs.part(0, total));
  EXPECT_EQ(after.samples, total);
  EXPECT_EQ(after.nonfinite, 1);
  EXPECT_EQ(after.correct, before.correct - (clean.predicted[4] == labels[4] ? 1 : 0));
  EXPECT_EQ(outputs.predicted[4], -1);
  EXPECT_TRUE(std::isnan(outputs.confidence[4]));
  EXPECT_TRUE(std::isfinite(after.cross_entropy.value()));
}

TEST(EvaluateBinary, OneUnitHasTwoClasses) {
  std::mt19937_64 random(12);
  const Model model =
      random_model(random, {4, 6, 1}, default_activation(ActivationKind::tanh), ActivationKind::sigmoid);
  const Network network(model);
  RandomRows rows(random, 150, 4);
  std::vector<std::int64_t> labels(150);
  Index correct = 0;
  for (Index i = 0; i < 150; ++i) {
    const auto at = static_cast<std::size_t>(i);
    labels[at] = i % 2;
    const reference::Logits logit = reference::forward(model, rows.row(i));
    ASSERT_GT(std::abs(logit.value[0]), logit.bound[0]) << "another seed: this row's class is not sure";
    correct += (logit.value[0] > 0.0) == (labels[at] == 1) ? 1 : 0;
  }
  std::vector<float> probabilities(300);
  const Counts counts = evaluate_rows(network, rows.stored(), {}, labels, 2, {{}, {}, probabilities});
  EXPECT_EQ(counts.correct, correct);
  for (std::size_t i = 0; i < 300; i += 2) {
    EXPECT_NEAR(static_cast<double>(probabilities[i]) + static_cast<double>(probabilities[i + 1]), 1.0, 0x1p-23);
  }
}

}  // namespace
}  // namespace tally

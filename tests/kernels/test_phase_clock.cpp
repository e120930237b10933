// Where the time goes: asking for it changes nothing, and every phase has some.
#include "kernels/phase_clock.hpp"

#include <gtest/gtest.h>

#include <random>

#include "tests/kernels/evaluated_block.hpp"
#include "tests/kernels/random_network.hpp"

namespace tally {
namespace {

std::uint64_t ticks(const PhaseClock& clock, Phase phase) { return clock.elapsed()[static_cast<std::size_t>(phase)]; }

TEST(PhaseClock, StandsStillUnlessAPhaseWasEntered) {
  PhaseClock clock;
  clock.enter(Phase::gemm);
  while (ticks(clock, Phase::gemm) == 0) clock.enter(Phase::gemm);
  clock.stop();
  const auto stopped = clock.elapsed();
  EXPECT_EQ(ticks(clock, Phase::pack) + ticks(clock, Phase::activation) + ticks(clock, Phase::softmax), 0U);
  clock.enter(Phase::pack);  // what passed since the stop is nobody's
  EXPECT_EQ(clock.elapsed(), stopped);
  PhaseClock sum;
  sum += clock;
  sum += clock;
  EXPECT_EQ(ticks(sum, Phase::gemm), 2 * ticks(clock, Phase::gemm));
}

TEST(PhaseClock, OfAnEvaluationHasEveryPhaseAndChangesNothing) {
  std::mt19937_64 random(1);
  for (const char* hidden : {"sigmoid", "maxout:3", "prelu:0.5"}) {
    const Network network(random_model(random, {30, 40, 20, 5}, parse_activation(hidden), ActivationKind::softmax));
    RandomRows rows(random, 5 * network.tile_rows() + 3, 30);
    const std::vector<std::int64_t> labels = random_labels(random, network, rows.stored().rows);
    for (const int threads : {1, 3}) {
      EvaluatedBlock without(network, rows.stored(), {}, labels);
      without.evaluate_all(threads);
      EvaluatedBlock with(network, rows.stored(), {}, labels);
      PhaseClock clock;
      with.evaluate_all(threads, &clock);
      EXPECT_EQ(with.bits(), without.bits());
      for (const Phase phase : {Phase::pack, Phase::gemm, Phase::activation, Phase::softmax}) {
        EXPECT_GT(ticks(clock, phase), 0U) << hidden << ", phase " << static_cast<int>(phase);
      }
    }
  }
}

TEST(PhaseClock, WithoutHiddenLayersThereIsNoActivation) {
  std::mt19937_64 random(2);
  const Network network(random_model(random, {30, 5}, {}, ActivationKind::softmax));
  RandomRows rows(random, 100, 30);
  EvaluatedBlock block(network, rows.stored(), {}, random_labels(random, network, 100));
  PhaseClock clock;
  block.evaluate_all(2, &clock);
  EXPECT_EQ(ticks(clock, Phase::activation), 0U);
  EXPECT_GT(ticks(clock, Phase::gemm), 0U);
}

}  // namespace
}  // namespace tally

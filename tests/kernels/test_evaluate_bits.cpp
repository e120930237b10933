// Random networks and rows of every type: the same counts and results for any threads and any cut into blocks.
#include <gtest/gtest.h>

#include <random>

#include "tests/kernels/evaluated_block.hpp"
#include "tests/kernels/guarded_rows.hpp"
#include "tests/kernels/random_network.hpp"

namespace tally {
namespace {

class EvaluateBits : public testing::TestWithParam<int> {};

TEST_P(EvaluateBits, DoNotDependOnThreadsAndBlocks) {
  std::mt19937_64 random(static_cast<std::uint64_t>(GetParam()));
  // A few have tiles of several panels, and layers of several blocks.
  const bool wide = GetParam() % 7 == 0;
  const std::vector<Index> widths = wide ? std::vector<Index>{50, 400, 420, 5} : random_widths(random, 100);
  const Network network(random_model(random, widths), wide ? 4 : 0);
  const Index total = 3 * network.tile_rows() + 1 + static_cast<Index>(random() % 30);
  const StoredType type = all_stored_types[static_cast<std::size_t>(GetParam()) % std::size(all_stored_types)];
  GuardedRows rows(random, type, total, network.inputs(), Guard::after);
  // Every other time what the bits say: NaN, infinity and overflow in many of the samples.
  const bool tame = random() % 2 == 0;
  if (tame) rows.tame(random);
  const InputTransform transform = rows.tame_transform();
  const std::vector<std::int64_t> labels = random_labels(random, network, total);
  EvaluatedBlock expected(network, rows.stored(), transform, labels);
  expected.evaluate_all(1);
  ASSERT_EQ(expected.counts.samples, total);
  if (tame) {
    ASSERT_EQ(expected.counts.nonfinite, 0);
  }
  for (int threads = 1; threads <= 4; ++threads) {
    for (const Index longest : {Index{7}, network.panel(), network.tile_rows(), total}) {
      EvaluatedBlock block(network, rows.stored(), transform, labels);
      block.evaluate_in_parts(random, longest, threads);
      ASSERT_EQ(block.bits(), expected.bits()) << threads << " threads, blocks of up to " << longest;
    }
    EvaluatedBlock whole(network, rows.stored(), transform, labels);
    whole.evaluate_all(threads);
    ASSERT_EQ(whole.bits(), expected.bits()) << threads << " threads";
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, EvaluateBits, testing::Range(0, 22));

}  // namespace
}  // namespace tally

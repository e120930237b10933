// Blocks from a source: each comes back once, with the counts of its own rows, and the threads keep to the source's
// rules.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <deque>
#include <map>
#include <mutex>
#include <random>
#include <stdexcept>
#include <thread>

#include "tests/kernels/evaluated_block.hpp"
#include "tests/kernels/guarded_rows.hpp"
#include "tests/kernels/random_network.hpp"

namespace tally {
namespace {

/// Gives the blocks of a list, and watches how it is used.
class ListedBlocks : public BlockSource {
 public:
  explicit ListedBlocks(const std::deque<Block>& blocks) : blocks_(blocks) {}

  void begin(int thread, int threads) override {
    const std::lock_guard lock(mutex_);
    EXPECT_LT(thread, threads);
    EXPECT_TRUE(begun_.emplace(thread, std::this_thread::get_id()).second) << "a thread begins twice";
    threads_ = threads;
  }
  Offer next(bool /*busy*/) override {
    EXPECT_TRUE(has_begun()) << "asked by a thread that has not begun";
    EXPECT_FALSE(asking_.exchange(true)) << "two threads ask at once";
    EXPECT_FALSE(ended_) << "asked after the end";
    if (next_ == fails_at) {
      ended_ = true;
      asking_ = false;
      throw std::runtime_error("no block");
    }
    const Block* const block = next_ < blocks_.size() ? &blocks_[next_++] : nullptr;
    ended_ = block == nullptr;
    asking_ = false;
    return {.block = block, .ended = ended_};
  }
  void done(const Block& block, const Counts& counts) override {
    const std::lock_guard lock(mutex_);
    if (counts_.size() == fails_when_done) throw std::runtime_error("not taken back");
    EXPECT_TRUE(counts_.emplace(&block, counts).second) << "a block comes back twice";
  }

  bool all_have_begun() const { return threads_ > 0 && std::ssize(begun_) == threads_; }
  std::size_t given() const { return next_; }
  const std::map<const Block*, Counts>& counts() const { return counts_; }

  std::size_t fails_at = ~std::size_t{0};
  std::size_t fails_when_done = ~std::size_t{0};

 private:
  bool has_begun() {
    const std::lock_guard lock(mutex_);
    return std::ranges::any_of(begun_, [](const auto& one) { return one.second == std::this_thread::get_id(); });
  }

  const std::deque<Block>& blocks_;
  std::map<int, std::thread::id> begun_;
  int threads_ = 0;
  std::size_t next_ = 0;
  std::atomic<bool> asking_ = false;
  bool ended_ = false;
  std::mutex mutex_;
  std::map<const Block*, Counts> counts_;
};

class EvaluateSource : public testing::TestWithParam<int> {
 protected:
  EvaluateSource() { rows_.tame(random_); }

  Index any(Index below) { return static_cast<Index>(random_() % static_cast<std::uint64_t>(below)); }

  /// Consecutive blocks of up to `longest` rows, an empty one now and then.
  std::deque<Block> cut(EvaluatedBlock& whole, Index longest) {
    std::deque<Block> blocks;
    for (Index first = 0; first < total_;) {
      if (any(5) == 0) blocks.push_back(whole.block(first, 0));
      const Index count = std::min(1 + any(longest), total_ - first);
      blocks.push_back(whole.block(first, count));
      first += count;
    }
    return blocks;
  }

  std::mt19937_64 random_{static_cast<std::uint64_t>(GetParam())};
  Network network_{random_model(random_, random_widths(random_, 100))};
  Index total_ = 5 * network_.tile_rows() + 7;
  GuardedRows rows_{random_, StoredType::float32, total_, network_.inputs(), Guard::after};
  std::vector<std::int64_t> labels_ = random_labels(random_, network_, total_);
};

TEST_P(EvaluateSource, EachBlockComesBackOnceWithItsCounts) {
  EvaluatedBlock expected(network_, rows_.stored(), {}, labels_);
  expected.evaluate_all(1);
  for (int threads = 1; threads <= 5; ++threads) {
    Evaluator evaluator(network_, {}, threads);
    for (const Index longest : {Index{1}, Index{9}, network_.panel() + 1, total_}) {
      EvaluatedBlock whole(network_, rows_.stored(), {}, labels_);
      const std::deque<Block> blocks = cut(whole, longest);
      ListedBlocks source(blocks);
      evaluator.run(source);
      EXPECT_TRUE(source.all_have_begun());
      ASSERT_EQ(source.given(), blocks.size());
      ASSERT_EQ(source.counts().size(), blocks.size());
      for (const auto& [block, counts] : source.counts()) {
        const Counts alone = evaluate_rows(network_, block->rows, {}, block->labels, 1, {});
        ASSERT_EQ(counts.to_words(), alone.to_words());
        whole.counts += counts;
      }
      ASSERT_EQ(whole.bits(), expected.bits()) << threads << " threads, blocks of up to " << longest;
    }
  }
}

TEST_P(EvaluateSource, ASourceThatFailsEndsTheRunAndTheNextOneIsWhole) {
  EvaluatedBlock expected(network_, rows_.stored(), {}, labels_);
  expected.evaluate_all(1);
  for (int threads = 1; threads <= 5; ++threads) {
    Evaluator evaluator(network_, {}, threads);
    EvaluatedBlock whole(network_, rows_.stored(), {}, labels_);
    const std::deque<Block> blocks = cut(whole, 3 * network_.panel());  // of which some take several tiles
    ListedBlocks failing(blocks);
    failing.fails_at = static_cast<std::size_t>(any(std::ssize(blocks)));
    EXPECT_THROW(evaluator.run(failing), std::runtime_error);
    ListedBlocks refusing(blocks);
    refusing.fails_when_done = static_cast<std::size_t>(any(std::ssize(blocks)));
    EXPECT_THROW(evaluator.run(refusing), std::runtime_error);
    for (const auto& [block, counts] : failing.counts()) ASSERT_EQ(counts.samples, block->rows.rows);
    ListedBlocks source(blocks);
    evaluator.run(source);
    for (const auto& [block, counts] : source.counts()) whole.counts += counts;
    ASSERT_EQ(whole.bits(), expected.bits()) << "what the failure left is counted";
  }
}

TEST_P(EvaluateSource, NoBlocksAreNoWork) {
  const std::deque<Block> none;
  ListedBlocks source(none);
  Evaluator(network_, {}, 3).run(source);
  EXPECT_TRUE(source.counts().empty());
}

INSTANTIATE_TEST_SUITE_P(Seeds, EvaluateSource, testing::Range(0, 6));

}  // namespace
}  // namespace tally

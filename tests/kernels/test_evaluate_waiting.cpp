// Sources that have nothing yet, and blocks whose rows the threads make: nothing is lost, nobody spins, nothing is made
// twice.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <ctime>
#include <deque>
#include <mutex>
#include <random>
#include <stdexcept>
#include <thread>
#include <vector>

#include "tests/kernels/evaluated_block.hpp"
#include "tests/kernels/guarded_rows.hpp"
#include "tests/kernels/random_network.hpp"

namespace tally {
namespace {

/// Blocks that are pushed while threads ask for them. Of some, the rows are copied in by prepare().
class PushedBlocks : public BlockSource {
 public:
  /// made: whether a thread makes the rows of a block. rooms: how many such blocks may be open at a time.
  PushedBlocks(bool made, std::size_t rooms) : made_(made), rooms_(rooms) {}

  void push(const Block& block) {
    {
      const std::lock_guard lock(mutex_);
      waiting_.push_back(block);
    }
    signal().raise();
  }
  void end() {
    {
      const std::lock_guard lock(mutex_);
      ended_ = true;
    }
    signal().raise();
  }

  Offer next(bool busy) override {
    EXPECT_FALSE(asking_.exchange(true)) << "two threads ask at once";
    const Offer offer = next_offer(busy);
    asking_ = false;
    return offer;
  }

  void prepare(const Block& block) override {
    const std::size_t room = room_of(block);
    EXPECT_FALSE(prepared_.at(room).exchange(true)) << "a block is made twice";
    if (fails_at == preparations_++) throw std::runtime_error("cannot be made");
    const StoredRows& rows = originals_.at(room).rows;
    const auto bytes = static_cast<std::size_t>(rows.rows * rows.inputs) * size_of(rows.type);
    std::copy_n(rows.data, bytes, copies_.at(room).begin());
  }

  void done(const Block& block, const Counts& counts) override {
    const std::lock_guard lock(mutex_);
    total_ += counts;
    if (!made_) return;
    const std::size_t room = room_of(block);
    EXPECT_TRUE(prepared_.at(room)) << "a block is evaluated before it is made";
    // Whoever still reads these rows gets other results.
    std::ranges::fill(copies_.at(room), std::byte{0xFF});
    free_.push_back(room);
    signal().raise();
  }

  const Counts& total() const { return total_; }
  std::size_t fails_at = ~std::size_t{0};

 private:
  Offer next_offer(bool busy) {
    const std::lock_guard lock(mutex_);
    if (waiting_.empty()) return {.ended = ended_};
    if (!made_) {
      given_.push_back(waiting_.front());
      waiting_.pop_front();
      return {.block = &given_.back()};
    }
    if (opened_ < rooms_) {
      free_.push_back(opened_++);
      originals_.emplace_back();
      open_.emplace_back();
      copies_.emplace_back();
      prepared_.emplace_back(false);
    }
    if (free_.empty() || busy) return {};
    const std::size_t room = free_.back();
    free_.pop_back();
    const Block block = waiting_.front();
    waiting_.pop_front();
    originals_[room] = open_[room] = block;
    copies_[room].resize(static_cast<std::size_t>(block.rows.rows * block.rows.inputs) * size_of(block.rows.type));
    open_[room].rows.data = copies_[room].data();
    prepared_[room] = false;
    return {.block = &open_[room], .unprepared = true};
  }

  std::size_t room_of(const Block& block) const {
    std::size_t room = 0;
    while (&open_.at(room) != &block) ++room;
    return room;
  }

  bool made_;
  std::size_t rooms_;
  std::atomic<bool> asking_ = false;
  std::atomic<std::size_t> preparations_ = 0;
  std::mutex mutex_;
  std::deque<Block> waiting_;
  std::deque<Block> given_;
  std::deque<Block> originals_;
  std::deque<Block> open_;
  std::deque<std::vector<std::byte>> copies_;
  std::deque<std::atomic<bool>> prepared_;
  std::vector<std::size_t> free_;
  std::size_t opened_ = 0;
  bool ended_ = false;
  Counts total_;
};

class EvaluateWaiting : public testing::TestWithParam<int> {
 protected:
  EvaluateWaiting() { rows_.tame(random_); }

  /// Consecutive blocks of up to `longest` rows.
  std::vector<Block> cut(EvaluatedBlock& whole, Index longest) {
    std::vector<Block> blocks;
    for (Index first = 0; first < total_;) {
      const Index count =
          std::min(1 + static_cast<Index>(random_() % static_cast<std::uint64_t>(longest)), total_ - first);
      blocks.push_back(whole.block(first, count));
      first += count;
    }
    return blocks;
  }

  std::mt19937_64 random_{static_cast<std::uint64_t>(GetParam())};
  Network network_{random_model(random_, random_widths(random_, 60))};
  Index total_ = 4 * network_.tile_rows() + 5;
  GuardedRows rows_{random_, StoredType::float32, total_, network_.inputs(), Guard::after};
  std::vector<std::int64_t> labels_ = random_labels(random_, network_, total_);
};

TEST_P(EvaluateWaiting, BlocksThatComeLateAndBlocksThatAreMade) {
  EvaluatedBlock expected(network_, rows_.stored(), {}, labels_);
  expected.evaluate_all(1);
  for (int threads = 1; threads <= 4; ++threads) {
    Evaluator evaluator(network_, {}, threads);
    for (const std::size_t rooms : {0U, 1U, 2U, 9U}) {
      EvaluatedBlock whole(network_, rows_.stored(), {}, labels_);
      const std::vector<Block> blocks = cut(whole, 2 * network_.panel());
      PushedBlocks source(rooms > 0, rooms);
      std::thread pusher([&] {
        for (std::size_t i = 0; i < blocks.size(); ++i) {
          if (i % 5 == 2) std::this_thread::sleep_for(std::chrono::microseconds(300));
          source.push(blocks[i]);
        }
        source.end();
      });
      const TeamTimes times = evaluator.run(source);
      pusher.join();
      whole.counts = source.total();
      ASSERT_EQ(whole.bits(), expected.bits()) << threads << " threads, " << rooms << " rooms";
      ASSERT_EQ(times.threads, threads);
      ASSERT_LE(times.wait + times.prepare, times.seconds * 1.01 + 1e-3);
    }
  }
}

TEST_P(EvaluateWaiting, ABlockThatCannotBeMadeEndsTheRun) {
  for (int threads = 1; threads <= 4; ++threads) {
    EvaluatedBlock whole(network_, rows_.stored(), {}, labels_);
    const std::vector<Block> blocks = cut(whole, network_.panel());
    PushedBlocks source(true, 3);
    source.fails_at = random_() % blocks.size();
    for (const Block& block : blocks) source.push(block);  // and no end: threads that wait have to be told
    EXPECT_THROW(Evaluator(network_, {}, threads).run(source), std::runtime_error);
  }
}

double process_cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

TEST_P(EvaluateWaiting, ThreadsSleepWhileThereIsNothing) {
  PushedBlocks source(false, 0);
  EvaluatedBlock whole(network_, rows_.stored(), {}, labels_);
  std::thread pusher([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    source.push(whole.block(0, 1));
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    source.end();
  });
  const double start = process_cpu_seconds();
  const TeamTimes times = Evaluator(network_, {}, 3).run(source);
  const double used = process_cpu_seconds() - start;
  pusher.join();
  EXPECT_LT(used, 0.2);  // spinning, three threads would use 1.2
  EXPECT_GT(times.wait, 0.3);
}

INSTANTIATE_TEST_SUITE_P(Seeds, EvaluateWaiting, testing::Range(0, 4));

}  // namespace
}  // namespace tally

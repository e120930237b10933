// What a rank's buffers take, at any shape of rows and chunks.
#include "pipeline/memory_plan.hpp"

#include <gtest/gtest.h>

#include <random>

namespace tally::pipeline {
namespace {

constexpr Index mib = Index{1} << 20;

ShardRequest request_of(Index rows, int ranks, int threads) {
  ShardRequest request;
  request.rows = {0, rows};
  request.ranks = ranks;
  request.threads = threads;
  request.panel = 32;
  request.tile_rows = 64;
  return request;
}

TEST(MemoryPlan, DenseRowsFillTheBuffersThatAreUseful) {
  MemoryRequest memory;
  memory.row = 793;
  ShardRequest request = request_of(1'000'000, 1, 2);
  const MemoryPlan plan = plan_memory(memory, request);
  EXPECT_EQ(plan.root_shards, 4);
  EXPECT_EQ(plan.rank_shards, 2);
  EXPECT_EQ(plan.bands, 0);
  EXPECT_EQ(plan.shard_rows, rows_per_shard(request));
  EXPECT_EQ(plan.root_bytes, 4 * plan.shard_rows * 793);
}

TEST(MemoryPlan, TheReadersCacheCounts) {
  MemoryRequest memory;
  memory.row = 1000;
  memory.limit = 10 * mib;
  memory.reader = 5 * mib;  // half, which is what it is given unless a single chunk takes more
  ShardRequest request = request_of(1'000'000, 1, 1);
  const MemoryPlan plan = plan_memory(memory, request);
  EXPECT_LE(plan.root_bytes, memory.limit);
  EXPECT_LE(plan.root_shards * plan.shard_bytes, 5 * mib);
}

// The bound of DESIGN.md: the limit, or two chunks stored and decoded, or two rows.
TEST(MemoryPlan, NeverExceedsItsBound) {
  std::mt19937_64 random(5);
  const auto upto = [&](Index most) { return static_cast<Index>(random() % static_cast<std::uint64_t>(most)) + 1; };
  for (int i = 0; i < 20000; ++i) {
    MemoryRequest memory;
    memory.limit = upto(Index{1} << (1 + i % 32));
    memory.row = upto(Index{1} << (1 + i % 27));
    ShardRequest request = request_of(upto(Index{1} << 40), static_cast<int>(upto(200)), static_cast<int>(upto(64)));
    const bool travel = i % 3 == 0;
    if (travel) {
      memory.band.rows = upto(100'000);
      memory.band.decoded = upto(Index{1} << (1 + i % 30));
      memory.band.stored = memory.band.decoded + memory.band.decoded / 1000 + 200;
      memory.band.scratch = i % 2 == 0 ? memory.band.decoded : 0;
    } else if (i % 3 == 1) {
      memory.plain_row = upto(memory.row);
    }
    const MemoryPlan plan = plan_memory(memory, request);
    const Index beside = memory.band.rows * memory.row;  // labels and results of a band's rows
    const Index bound =
        std::max({memory.limit, 2 * (memory.band.stored + memory.band.decoded + beside) + memory.band.rows * 2,
                  travel ? 0 : 2 * memory.row});
    ASSERT_LE(plan.root_bytes, bound) << "limit " << memory.limit << " row " << memory.row << " ranks " << request.ranks
                                      << " threads " << request.threads << " band " << memory.band.decoded;
    ASSERT_GE(plan.root_shards, 2);
    ASSERT_GE(plan.shard_rows, 1);
    ASSERT_EQ(plan.bands > 0, travel);
    ASSERT_LE(plan.bands, request.threads + 1);
    if (travel) {
      ASSERT_EQ(plan.shard_rows % memory.band.rows, 0);
    }
    ASSERT_LE(plan.pieces, 2 * request.threads + 1);
    ASSERT_EQ(plan.pieces > 0, plan.piece_rows > 0);
    ASSERT_LE(plan.pieces * plan.piece_rows * memory.plain_row, memory.limit / 4);
  }
}

// Shards of a row each would save next to nothing beside such a reader, and cost a message each.
TEST(MemoryPlan, AReaderThatNeedsAllLeavesUsefulShards) {
  MemoryRequest memory;
  memory.row = 793;
  memory.reader = 2 * memory.limit;
  ShardRequest request = request_of(100'000, 3, 2);
  const MemoryPlan plan = plan_memory(memory, request);
  EXPECT_GE(plan.shard_bytes, mib);
  EXPECT_LE(plan.root_bytes, memory.reader + memory.limit / 8);
}

TEST(MemoryPlan, ThreadsReadPiecesThatFitIntoACache) {
  MemoryRequest memory;
  memory.row = 3137;
  memory.plain_row = 3136;
  ShardRequest request = request_of(1'000'000, 1, 2);
  const MemoryPlan plan = plan_memory(memory, request);
  EXPECT_EQ(plan.pieces, 5);
  EXPECT_EQ(plan.piece_rows, 128);  // 167 rows are 512 KiB; two tiles
  EXPECT_EQ(plan.own_shards, 8);
  memory.row = 2 * memory.plain_row;  // results as large as rows
  EXPECT_EQ(plan_memory(memory, request).own_shards, 2);
  memory.row = memory.plain_row = 64 * mib;  // rows are read by the reader alone
  EXPECT_EQ(plan_memory(memory, request).pieces, 0);
}

TEST(MemoryPlan, ChunksTravelWhereThatHelps) {
  MemoryRequest memory;
  memory.band = {1024, 800'000, 802'816, 0};
  EXPECT_TRUE(chunks_should_travel(memory, 1, 1000));
  EXPECT_TRUE(chunks_should_travel(memory, 100, 2));
  EXPECT_FALSE(chunks_should_travel(memory, 1, 1)) << "all rows in one chunk";
  EXPECT_FALSE(chunks_should_travel(memory, 784, 1000)) << "chunks of 1 KiB";
  memory.band = {100'000, 78 * mib, 78 * mib, 0};
  EXPECT_TRUE(chunks_should_travel(memory, 1, 10)) << "a single chunk is never too large";
  EXPECT_FALSE(chunks_should_travel(memory, 2, 10)) << "two that share their rows are";
}

}  // namespace
}  // namespace tally::pipeline

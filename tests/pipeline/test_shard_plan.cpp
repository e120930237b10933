// Every row in one shard, whatever the numbers.
#include "pipeline/shard_plan.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace tally::pipeline {
namespace {

ShardRequest one_rank(Index count, Index batch, Index rows_in_buffer) {
  ShardRequest request;
  request.rows = {0, count};
  request.batch_size = batch;
  request.buffer_bytes = 3 * rows_in_buffer;  // of one byte each
  return request;
}

std::vector<RowRange> all_shards(const ShardRequest& request) {
  ShardPlan plan(request);
  std::vector<RowRange> shards;
  while (const auto shard = plan.next()) shards.push_back(*shard);
  return shards;
}

struct Case {
  ShardRequest request;
  std::vector<RowRange> shards;
};

// A rank that computes one shard for minutes would be taken for dead.
TEST(ShardPlan, AShardIsBoundedInWorkToo) {
  ShardRequest request = one_rank(1'000'000, 100'000, Index{1} << 30);
  request.flops_per_row = 40'000'000;
  EXPECT_EQ(rows_per_shard(request), 500);
  request.flops_per_row = Index{1} << 50;
  EXPECT_EQ(rows_per_shard(request), 1);
}

TEST(ShardPlan, CutsAsTheHeaderShows) {
  const Case cases[] = {
      {one_rank(10, 4, 3), {{0, 2}, {2, 2}, {4, 2}, {6, 2}, {8, 2}}},
      {one_rank(10, 2, 5), {{0, 4}, {4, 4}, {8, 2}}},
      {one_rank(0, 4, 3), {}},
      {one_rank(1, 100, 1000), {{0, 1}}},
      {one_rank(10, 100, 1000), {{0, 10}}},  // a batch is no larger than the rows
      {one_rank(10, 5, 3), {{0, 3}, {3, 2}, {5, 3}, {8, 2}}},
      {one_rank(8, 5, 3), {{0, 3}, {3, 2}, {5, 3}}},
      {one_rank(7, 5, 3), {{0, 3}, {3, 2}, {5, 2}}},
      {one_rank(3, 2, 0), {{0, 1}, {1, 1}, {2, 1}}},  // a row is the least
  };
  for (const Case& one : cases) {
    SCOPED_TRACE(std::to_string(one.request.rows.count) + " rows, batch " + std::to_string(one.request.batch_size));
    EXPECT_EQ(all_shards(one.request), one.shards);
    EXPECT_EQ(ShardPlan(one.request).shards(), static_cast<Index>(one.shards.size()));
  }
}

TEST(ShardPlan, StartsAtTheFirstRowAskedFor) {
  ShardRequest request = one_rank(10, 4, 4);
  request.rows.first = 1000;
  EXPECT_EQ(all_shards(request), (std::vector<RowRange>{{1000, 4}, {1004, 4}, {1008, 2}}));
}

TEST(ShardPlan, GivesEachRankAboutEightShards) {
  ShardRequest request;
  request.rows = {0, 1600};
  request.batch_size = 1;
  request.ranks = 4;
  EXPECT_EQ(rows_per_shard(request), 1600 / (8 * 4));
  request.ranks = 1;  // nobody to share with
  EXPECT_EQ(rows_per_shard(request), 1600);
}

TEST(ShardPlan, SharesTheBufferAmongShardsInFlight) {
  ShardRequest request;
  request.rows = {0, 1 << 20};
  request.bytes_per_row = 1000;
  request.batch_size = 1;
  request.ranks = 3;
  request.buffer_bytes = 8'000'000;  // two shards for each of three ranks, and two being read
  EXPECT_EQ(rows_per_shard(request), 1000);
  request.buffer_bytes = Index{1} << 40;
  EXPECT_EQ(rows_per_shard(request), (Index{4} << 20) / 1000);
  // With many ranks, fewer buffers than that: shards of 256 KiB are small enough.
  request.ranks = 1000;
  request.buffer_bytes = Index{64} << 20;
  request.rows.count = Index{1} << 40;
  EXPECT_EQ(rows_per_shard(request), (Index{256} << 10) / 1000);
  // But never fewer than three.
  request.buffer_bytes = Index{3} << 10;
  EXPECT_EQ(rows_per_shard(request), 1);
  request.buffer_bytes = Index{30} << 10;
  EXPECT_EQ(rows_per_shard(request), 10);
}

TEST(ShardPlan, ARowLargerThanTheBufferTravelsAlone) {
  ShardRequest request = one_rank(3, 100, 10);
  request.bytes_per_row = Index{1} << 33;
  EXPECT_EQ(all_shards(request), (std::vector<RowRange>{{0, 1}, {1, 1}, {2, 1}}));
}

TEST(ShardPlan, BoundsTheWorkOfAShard) {
  ShardRequest request;
  request.rows = {0, 1 << 20};
  request.batch_size = 1;
  request.flops_per_row = 100'000'000;
  EXPECT_EQ(rows_per_shard(request), 20'000'000'000 / request.flops_per_row);
  request.flops_per_row = Index{1} << 50;  // one row is more than that
  EXPECT_EQ(rows_per_shard(request), 1);
}

struct Sizes {
  const char* network;
  Index bytes_per_row;  // stored inputs and label
  Index flops_per_row;
  Index tile_rows;
};
const Sizes mnist{"784-50-100-10, uint8", 784 + 8, 90'400, 32};
const Sizes wide{"784-4096-4096-10, float32", 4 * 784 + 8, 40'058'880, 384};
const Sizes inputs_60k{"60000-50-10, float32", 4 * 60'000 + 8, 6'001'000, 64};
const Sizes inputs_1m{"1000000-50-10, float32", 4 * 1'000'000 + 8, 100'001'000, 32};

ShardRequest request_of(const Sizes& sizes, int ranks, int threads, Index batch) {
  ShardRequest request;
  request.rows = {0, Index{1} << 30};
  request.bytes_per_row = sizes.bytes_per_row;
  request.flops_per_row = sizes.flops_per_row;
  request.batch_size = batch;
  request.ranks = ranks;
  request.threads = threads;
  request.panel = 32;
  request.tile_rows = sizes.tile_rows;
  return request;
}

TEST(ShardPlan, EveryThreadGetsATileWhereMemoryAllows) {
  constexpr Index memory = Index{128} << 20;
  struct Row {
    Sizes sizes;
    int ranks;
    int threads;
    Index rows;  // in batches of one row
  };
  const Row table[] = {
      {mnist, 1, 1, (Index{4} << 20) / 792},
      {mnist, 1, 64, (Index{4} << 20) / 792},
      {mnist, 1, 256, 256 * 32},
      {mnist, 2, 64, (Index{4} << 20) / 792},
      {wide, 1, 1, 512},  // 499 are 2e10 FLOP, and of 16 panels
      {wide, 1, 2, 2 * 512},
      {wide, 1, 4, 4 * 384},
      {wide, 1, 64, memory / 4 / 3144},  // 10,672, where 64 tiles are 24,576
      {wide, 2, 64, memory / 6 / 3144},
      {wide, 1000, 2, (Index{256} << 10) / 3144},
      {inputs_60k, 1, 1, 64},
      {inputs_60k, 1, 2, 2 * 64},
      {inputs_60k, 2, 2, memory / 6 / 240'008},   // 93: more than a panel a thread, less than a tile
      {inputs_60k, 1, 64, memory / 2 / 240'008},  // 279: less than a panel a thread
      {inputs_60k, 2, 64, memory / 2 / 240'008},
      {inputs_1m, 1, 1, memory / 2 / 4'000'008},  // 16, half a panel
      {inputs_1m, 1, 64, memory / 2 / 4'000'008},
      {inputs_1m, 2, 1, memory / 2 / 4'000'008},
      {inputs_1m, 1000, 64, memory / 2 / 4'000'008},
  };
  for (const Row& row : table) {
    SCOPED_TRACE(std::string(row.sizes.network) + ", " + std::to_string(row.ranks) + " x " +
                 std::to_string(row.threads));
    EXPECT_EQ(rows_per_shard(request_of(row.sizes, row.ranks, row.threads, 1)), row.rows);
  }
}

// A shard's last panel costs as much as a full one.
TEST(ShardPlan, BatchesFillPanelsWhereItIsWorthIt) {
  EXPECT_EQ(rows_per_shard(request_of(mnist, 1, 1, 100)), 5200);  // in 163 panels, 16 rows too many
  EXPECT_EQ(rows_per_shard(request_of(wide, 1, 1, 100)), 800);    // not 400, which are 12 panels and a half
  EXPECT_EQ(rows_per_shard(request_of(wide, 1, 1, 75)), 450);     // 2400 would be too many
  ShardRequest request = request_of(wide, 1, 1, 100);
  request.rows.count = 400;
  EXPECT_EQ(rows_per_shard(request), 400);  // there are no more
  request.rows.count = 700;
  EXPECT_EQ(rows_per_shard(request), 400);
}

// Batches are a wish: of two ways to round to them, the one that leaves every thread its tile is taken.
TEST(ShardPlan, BatchesAreRoundedUpWhereThreadsNeedIt) {
  const auto rows = [](int threads, Index batch) {
    ShardRequest request = request_of(inputs_60k, 1, threads, batch);
    request.buffer_bytes = Index{512} << 20;
    return rows_per_shard(request);
  };
  EXPECT_EQ(rows(1, 100), 100);  // not two parts of 50, where a tile is 64
  EXPECT_EQ(rows(2, 100), 200);  // not 100, where two tiles are 128
  EXPECT_EQ(rows(2, 400), 134);  // three parts; four would be of 100
  EXPECT_EQ(rows(2, 250), 250);
  EXPECT_EQ(rows_per_shard(request_of(inputs_1m, 1, 1, 100)), 15);  // seven parts; memory does not hold 17
}

TEST(ShardPlan, FewRowsAreSharedOutAmongRanksWhateverTheirThreads) {
  ShardRequest request = request_of(wide, 4, 64, 1);
  request.rows.count = 10'000;
  EXPECT_EQ(rows_per_shard(request), 313);
}

TEST(ShardPlan, TilesOfTooMuchWorkAreCutDownToPanels) {
  ShardRequest request = request_of(wide, 1, 2, 1);
  request.flops_per_row = 1'000'000'000;
  EXPECT_EQ(rows_per_shard(request), 2 * 100);  // 1e11 FLOP a thread
  request.flops_per_row = Index{1} << 50;
  EXPECT_EQ(rows_per_shard(request), 2 * 32);  // less would cost as much
}

void expect_cover(const ShardRequest& request) {
  ShardPlan plan(request);
  const Index announced = plan.shards();
  const Index largest = plan.largest();
  const Index batch = std::clamp<Index>(request.batch_size, 1, std::max<Index>(1, request.rows.count));
  ASSERT_GE(largest, 1);
  ASSERT_LE(largest, std::max<Index>(1, request.rows.count));
  const Index tiles = std::max(request.tile_rows, request.panel) * request.threads;
  const Index panels = request.panel * request.threads;
  if (largest > 1) {
    // Rounding to batches may give up to twice the rows that threads need.
    if (largest > 2 * std::max(tiles, batch)) {
      ASSERT_LE(largest * request.bytes_per_row, Index{4} << 20);
      ASSERT_LE(largest * request.flops_per_row, 20'000'000'000 * request.threads);
    }
    if (largest > panels) {
      ASSERT_LE(largest * request.bytes_per_row, Index{64} << 20);
    }
    ASSERT_LE(2 * largest * request.bytes_per_row, request.buffer_bytes);
    if (largest > panels) {
      ASSERT_LE(3 * largest * request.bytes_per_row, request.buffer_bytes);
    }
    if (largest > panels && largest * request.bytes_per_row > (Index{256} << 10)) {
      ASSERT_LE(useful_buffers(request.ranks) * largest * request.bytes_per_row, request.buffer_bytes);
    }
  }
  Index position = request.rows.first;
  Index shards = 0;
  Index smallest_part = largest;
  while (const auto shard = plan.next()) {
    ++shards;
    ASSERT_EQ(shard->first, position);
    ASSERT_GE(shard->count, 1);
    ASSERT_LE(shard->count, largest);
    position = shard->end();
    const Index first = shard->first - request.rows.first;
    const Index last = position - request.rows.first - 1;
    const bool on_boundary = (last + 1) % batch == 0 || position == request.rows.end();
    ASSERT_TRUE(on_boundary || first / batch == last / batch) << "a shard crosses a batch boundary";
    if (position != request.rows.end()) smallest_part = std::min(smallest_part, shard->count);
  }
  ASSERT_EQ(position, request.rows.end());
  ASSERT_EQ(shards, announced);
  ASSERT_FALSE(plan.next().has_value());
  ASSERT_GE(smallest_part, largest - 1);
}

TEST(ShardPlan, CoversEveryRowOnceWithinItsBounds) {
  std::mt19937_64 random(11);
  const auto upto = [&](std::uint64_t most) { return static_cast<Index>(random() % (most + 1)); };
  for (int i = 0; i < 20000; ++i) {
    ShardRequest request;
    request.rows = {upto(1000), upto(i % 2 == 0 ? 40 : 3000)};
    request.bytes_per_row = 1 + upto(5000);
    request.flops_per_row = i % 4 == 0 ? upto(10'000'000'000) : 0;
    request.batch_size = 1 + upto(i % 3 == 0 ? 4000 : 60);
    request.ranks = 1 + static_cast<int>(upto(i % 5 == 0 ? 100 : 5));
    request.threads = 1 + static_cast<int>(upto(i % 6 == 0 ? 128 : 3));
    request.panel = i % 3 == 0 ? 1 : 1 + upto(31);
    request.tile_rows = request.panel * (1 + upto(12));
    request.buffer_bytes = upto(i % 7 == 0 ? 100 : 4'000'000);
    SCOPED_TRACE(::testing::Message() << "rows " << request.rows.count << " bytes " << request.bytes_per_row
                                      << " batch " << request.batch_size << " ranks " << request.ranks << " threads "
                                      << request.threads << " panel " << request.panel << " tile " << request.tile_rows
                                      << " buffer " << request.buffer_bytes);
    expect_cover(request);
    if (HasFatalFailure()) return;
  }
}

std::vector<RowRange> shards_of_chunks(const RowRange& rows, Index chunk, Index rows_in_buffer) {
  ShardRequest request = one_rank(rows.count, 100, rows_in_buffer);
  request.rows = rows;
  request.band_rows = chunk;
  return all_shards(request);
}

TEST(ShardPlan, ShardsOfChunksEndWithAChunk) {
  EXPECT_EQ(shards_of_chunks({3, 17}, 4, 8), (std::vector<RowRange>{{3, 5}, {8, 8}, {16, 4}}));
  EXPECT_EQ(shards_of_chunks({0, 10}, 4, 4), (std::vector<RowRange>{{0, 4}, {4, 4}, {8, 2}}));
  EXPECT_EQ(shards_of_chunks({5, 2}, 4, 100), (std::vector<RowRange>{{5, 2}}));
  EXPECT_EQ(shards_of_chunks({5, 4}, 4, 1), (std::vector<RowRange>{{5, 3}, {8, 1}}));  // a chunk is the least
  EXPECT_TRUE(shards_of_chunks({5, 0}, 4, 100).empty());
  std::mt19937_64 random(12);
  for (int i = 0; i < 2000; ++i) {
    ShardRequest request;
    request.rows = {static_cast<Index>(random() % 500), static_cast<Index>(random() % 3000)};
    request.band_rows = 1 + static_cast<Index>(random() % 700);
    request.ranks = 1 + static_cast<int>(random() % 5);
    request.threads = 1 + static_cast<int>(random() % 5);
    request.buffer_bytes = static_cast<Index>(random() % 100'000);
    const std::vector<RowRange> shards = all_shards(request);
    ASSERT_EQ(ShardPlan(request).shards(), std::ssize(shards));
    Index position = request.rows.first;
    for (const RowRange& shard : shards) {
      ASSERT_EQ(shard.first, position);
      ASSERT_GE(shard.count, 1);
      ASSERT_LE(shard.count, rows_per_shard(request));
      position = shard.end();
      ASSERT_TRUE(position % request.band_rows == 0 || position == request.rows.end());
    }
    ASSERT_EQ(position, request.rows.end());
  }
}

TEST(ShardPlan, ShardsAreLargeWhereReadingCostsByTheShard) {
  ShardRequest request = one_rank(1'000'000, 100, 1000);
  request.by_the_shard = true;
  request.ranks = 7;
  EXPECT_EQ(rows_per_shard(request), 1500);  // half of the memory
  EXPECT_EQ(ShardPlan(request).shards(), 667);
  request.rows.count = 10;
  EXPECT_EQ(all_shards(request), (std::vector<RowRange>{{0, 10}}));
}

/// 2^40 rows and more: no product overflows, and counting the shards does not walk through them.
TEST(ShardPlan, HugeDatasetsNeedNoLongLoop) {
  for (const Index count : {Index{1} << 40, (Index{1} << 40) + 7, Index{1} << 60}) {
    for (const Index batch : {Index{1}, Index{100}, Index{1} << 35, Index{1} << 50}) {
      for (const Index bytes : {Index{1}, Index{792}, Index{1} << 30}) {
        ShardRequest request;
        request.rows = {12345, count};
        request.bytes_per_row = bytes;
        request.batch_size = batch;
        request.ranks = 1000;
        ShardPlan plan(request);
        const Index shards = plan.shards();
        EXPECT_GE(shards, count / plan.largest());
        EXPECT_LE(shards, count);
        const auto first = plan.next();
        ASSERT_TRUE(first.has_value());
        EXPECT_EQ(first->first, 12345);
        EXPECT_EQ(first->count, plan.largest());
        const auto second = plan.next();
        ASSERT_TRUE(second.has_value());
        EXPECT_EQ(second->first, first->end());
        EXPECT_GE(second->count, plan.largest() - 1);
      }
    }
  }
}

TEST(ShardPlan, RowsSoonDone) {
  ShardRequest request;
  request.threads = 2;
  request.flops_per_row = 1'000'000;
  EXPECT_EQ(rows_soon_done(request), 40'000);
  request.flops_per_row = INT64_MAX / 2;
  EXPECT_EQ(rows_soon_done(request), 1);
}

}  // namespace
}  // namespace tally::pipeline

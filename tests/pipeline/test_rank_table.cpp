// Which rank has which rows.
#include "pipeline/rank_table.hpp"

#include <gtest/gtest.h>

namespace tally::pipeline {
namespace {

TEST(RankTable, WhatIsGivenComesBackOnce) {
  RankTable table(3);
  Shard shard;
  EXPECT_EQ(table.ranks(), 3);
  EXPECT_FALSE(table.any_held());
  table.give(0, {0, 10});
  table.give(2, {10, 5}, &shard);
  table.give(2, {15, 7});
  EXPECT_EQ(table.held_by(0), 1U);
  EXPECT_EQ(table.held_by(1), 0U);
  EXPECT_EQ(table.held_by(2), 2U);

  EXPECT_FALSE(table.take_back(1, {10, 5})) << "another rank has them";
  EXPECT_FALSE(table.take_back(2, {10, 6})) << "other rows";
  EXPECT_EQ(table.take_back(2, {15, 7})->lent, nullptr);
  const auto held = table.take_back(2, {10, 5});
  ASSERT_TRUE(held);
  EXPECT_EQ(held->lent, &shard);
  EXPECT_EQ(held->rows, (RowRange{10, 5}));
  EXPECT_FALSE(table.take_back(2, {10, 5})) << "twice";
  EXPECT_FALSE(table.any_held_by_others());
  EXPECT_TRUE(table.any_held());

  EXPECT_EQ(table.shards_given(), (std::vector<Index>{1, 0, 2}));
  EXPECT_EQ(table.rows_given(), (std::vector<Index>{10, 0, 12}));
}

TEST(RankTable, NamesWhoIsAwaited) {
  RankTable table(3);
  table.give(0, {0, 10});
  EXPECT_EQ(table.overdue(), "") << "the root does not wait for itself";
  table.give(2, {100, 11});
  EXPECT_EQ(table.overdue(), "rank 2 does not return rows [100, 111)");
  table.give(1, {5, 1});
  EXPECT_EQ(table.overdue(), "rank 1 does not return rows [5, 6)");
}

TEST(RankTable, AnAnswerToSomethingIsOneLess) {
  RankTable table(2);
  table.give(1, {0, 1});
  table.give(1, {1, 1});
  table.forget_one(1);
  EXPECT_TRUE(table.any_held_by_others());
  table.forget_one(1);
  table.forget_one(1);
  EXPECT_FALSE(table.any_held_by_others());
}

}  // namespace
}  // namespace tally::pipeline

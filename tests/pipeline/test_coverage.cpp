// The proof that every row came back once must notice when one did not.
#include "pipeline/coverage.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace tally::pipeline {
namespace {

using testing::AllOf;
using testing::HasSubstr;

/// [first, first + count) cut at random places, in random order.
std::vector<RowRange> random_cut(std::mt19937_64& random, Index first, Index count) {
  std::vector<RowRange> parts;
  for (Index position = 0; position < count;) {
    const Index length = std::min<Index>(count - position, 1 + static_cast<Index>(random() % 9));
    parts.push_back({first + position, length});
    position += length;
  }
  std::shuffle(parts.begin(), parts.end(), random);
  return parts;
}

std::string error_of(Coverage& coverage, const RowRange& rows) {
  try {
    coverage.add(rows);
  } catch (const Error& error) {
    return error.what();
  }
  return "";
}

TEST(Coverage, TilesInAnyOrder) {
  std::mt19937_64 random(1);
  for (int i = 0; i < 200; ++i) {
    const RowRange rows{static_cast<Index>(random() % 100), 1 + static_cast<Index>(random() % 500)};
    Coverage coverage;
    Index added = 0;
    for (const RowRange& part : random_cut(random, rows.first, rows.count)) {
      ASSERT_FALSE(coverage.tiles(rows));
      coverage.add(part);
      added += part.count;
      ASSERT_EQ(coverage.rows(), added);
    }
    EXPECT_TRUE(coverage.tiles(rows));
    EXPECT_FALSE(coverage.tiles({rows.first, rows.count + 1}));
    EXPECT_FALSE(coverage.tiles({rows.first + 1, rows.count - 1}));
    EXPECT_FALSE(coverage.tiles({rows.first - 1, rows.count}));
  }
}

TEST(Coverage, SeesEachMissingPart) {
  std::mt19937_64 random(2);
  const RowRange rows{7, 60};
  const std::vector<RowRange> parts = random_cut(random, rows.first, rows.count);
  for (std::size_t missing = 0; missing < parts.size(); ++missing) {
    Coverage coverage;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (i != missing) coverage.add(parts[i]);
    }
    EXPECT_FALSE(coverage.tiles(rows));
    coverage.add(parts[missing]);
    EXPECT_TRUE(coverage.tiles(rows));
  }
}

TEST(Coverage, NamesBothRangesOfAnOverlapAndStaysAsItWas) {
  Coverage coverage;
  coverage.add({10, 10});
  coverage.add({30, 10});
  for (const RowRange& bad : {RowRange{19, 1}, RowRange{10, 10}, RowRange{5, 6}, RowRange{12, 3}, RowRange{0, 25}}) {
    EXPECT_THAT(error_of(coverage, bad),
                AllOf(HasSubstr("[" + std::to_string(bad.first) + ", " + std::to_string(bad.end()) + ")"),
                      HasSubstr("[10, 20)")));
  }
  EXPECT_THAT(error_of(coverage, {20, 11}), AllOf(HasSubstr("[20, 31)"), HasSubstr("[30, 40)")));
  EXPECT_EQ(coverage.rows(), 20);
  coverage.add({20, 10});
  EXPECT_TRUE(coverage.tiles({10, 30}));
}

TEST(Coverage, SeesEveryRepeatedRow) {
  std::mt19937_64 random(3);
  for (int i = 0; i < 300; ++i) {
    Coverage coverage;
    std::vector<bool> there(80);
    for (int j = 0; j < 40; ++j) {
      const RowRange rows{static_cast<Index>(random() % 70), static_cast<Index>(random() % 9)};
      const auto from = there.begin() + rows.first;
      const auto to = there.begin() + rows.end();
      const bool repeated = std::find(from, to, true) != to;
      ASSERT_EQ(!error_of(coverage, rows).empty(), repeated);
      if (!repeated) std::fill(from, to, true);
      ASSERT_EQ(coverage.rows(), std::count(there.begin(), there.end(), true));
    }
  }
}

TEST(Coverage, NoRowsAreTiledByNothing) {
  Coverage coverage;
  EXPECT_TRUE(coverage.tiles({5, 0}));
  EXPECT_FALSE(coverage.tiles({5, 1}));
  coverage.add({3, 0});
  EXPECT_TRUE(coverage.tiles({5, 0}));
  coverage.add({3, 1});
  EXPECT_FALSE(coverage.tiles({5, 0}));
}

TEST(Coverage, CountsPastTwoToTheThirtyTwo) {
  Coverage coverage;
  const Index half = Index{1} << 61;
  coverage.add({half, half});
  coverage.add({0, half});
  EXPECT_TRUE(coverage.tiles({0, 2 * half}));
  EXPECT_EQ(coverage.rows(), 2 * half);
}

}  // namespace
}  // namespace tally::pipeline

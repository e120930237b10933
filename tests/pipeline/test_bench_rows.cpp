// Rows that no file holds.
#include "pipeline/bench_rows.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

namespace tally::pipeline {
namespace {

TEST(BenchRows, FloatsAreSpreadOverTheUnitInterval) {
  const BenchRows rows(StoredType::float32, 1001, 7, 10);
  EXPECT_EQ(rows.bytes(), 1001 * 7 * 4);
  const StoredRows all = rows.block({0, 1001});
  std::vector<float> values(1001 * 7);
  std::memcpy(values.data(), all.data, values.size() * sizeof(float));
  double sum = 0.0;
  for (const float value : values) {
    ASSERT_TRUE(value >= 0.0F && value < 1.0F) << value;
    sum += value;
  }
  // The mean of n uniform numbers has a standard deviation of sqrt(1 / 12 n); six of them.
  EXPECT_NEAR(sum / 7007.0, 0.5, 6.0 * std::sqrt(1.0 / 12.0 / 7007.0));
  EXPECT_EQ(rows.transform().scale, 1.0);
}

TEST(BenchRows, BytesTakeAllValuesAndAreScaled) {
  const BenchRows rows(StoredType::uint8, 4099, 3, 10);
  const StoredRows all = rows.block({0, 4099});
  std::vector<int> seen(256);
  for (Index i = 0; i < rows.bytes(); ++i) ++seen[static_cast<std::size_t>(all.data[i])];
  EXPECT_EQ(std::count(seen.begin(), seen.end(), 0), 0);
  EXPECT_EQ(rows.transform().scale, 1.0 / 255.0);
}

TEST(BenchRows, AreTheSameEveryTime) {
  const BenchRows a(StoredType::uint8, 100, 5, 10);
  const BenchRows b(StoredType::uint8, 100, 5, 10);
  EXPECT_EQ(std::memcmp(a.block({0, 100}).data, b.block({0, 100}).data, 500), 0);
  EXPECT_TRUE(std::ranges::equal(a.labels({0, 100}), b.labels({0, 100})));
}

TEST(BenchRows, BlocksLieWhereTheyShould) {
  const BenchRows rows(StoredType::float32, 50, 6, 3);
  const StoredRows block = rows.block({7, 11});
  EXPECT_EQ(block.data, rows.block({0, 50}).row(7));
  EXPECT_EQ(block.rows, 11);
  EXPECT_EQ(block.inputs, 6);
  for (const RowRange range : {RowRange{0, 50}, RowRange{49, 1}, RowRange{13, 30}}) {
    const auto labels = rows.labels(range);
    ASSERT_EQ(labels.size(), static_cast<std::size_t>(range.count));
    for (const std::int64_t label : labels) EXPECT_TRUE(label >= 0 && label < 3) << label;
  }
}

}  // namespace
}  // namespace tally::pipeline

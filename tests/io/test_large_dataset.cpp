// Beyond 2^31: rows and bytes. The files are sparse, or repeat a small array.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "io/dataset.hpp"
#include "made_files.hpp"

namespace tally::io {
namespace {

class LargeDataset : public ::testing::Test {
 protected:
  void SetUp() override { require_made_files(TALLY_TEST_LARGE, "make_large.py"); }
  static DatasetReader open(const std::string& name) {
    DatasetRequest request;
    request.file = TALLY_TEST_LARGE "/" + name;
    request.inputs = "inputs";
    request.labels = "labels";
    return DatasetReader(request);
  }

  /// Rows that make_large.py wrote values to: element e is 1 + e % 251.
  static void expect_rows(const DatasetReader& reader, Index first, Index count) {
    const Index inputs = reader.info().inputs;
    std::vector<std::byte> rows(static_cast<std::size_t>(count * inputs), std::byte{0xFF});
    reader.read_inputs(first, count, rows);
    for (Index i = 0; i < count * inputs; ++i)
      ASSERT_EQ(std::to_integer<Index>(rows[static_cast<std::size_t>(i)]), 1 + (first * inputs + i) % 251) << i;
  }

  static void expect_labels(const DatasetReader& reader, Index first, Index count) {
    std::vector<std::int64_t> labels(static_cast<std::size_t>(count), -1);
    reader.read_labels(first, labels);
    for (Index i = 0; i < count; ++i) ASSERT_EQ(labels[static_cast<std::size_t>(i)], (first + i) % 7) << i;
  }
};

TEST_F(LargeDataset, HasRowsBeyondThe31stBit) {
  const DatasetReader reader = open("many_rows.h5");
  ASSERT_EQ(reader.info().rows, 3'000'000'000);
  for (const Index first : {Index{0}, (Index{1} << 31) - 64, Index{3'000'000'000 - 64}}) {
    expect_rows(reader, first, 64);
    expect_labels(reader, first, 64);
  }
  expect_rows(reader, (Index{1} << 31) - 10, 20);
  expect_labels(reader, (Index{1} << 31) - 10, 20);
}

TEST_F(LargeDataset, HasBytesBeyondThe32ndBit) {
  const DatasetReader reader = open("many_bytes.h5");
  ASSERT_EQ(reader.info().rows * reader.info().inputs, 5'000'000'000);
  // Of a row 1000 bytes long, the 64 on either side of a place are known.
  for (const Index place : {Index{0}, Index{1} << 31, Index{1} << 32, Index{5'000'000'000}}) {
    const Index row = std::min((place - (place > 0)) / 1000, Index{4'999'999});
    std::vector<std::byte> bytes(1000, std::byte{0xFF});
    reader.read_inputs(row, 1, bytes);
    for (Index e = std::max(place - 64, row * 1000); e < std::min(place + 64, row * 1000 + 1000); ++e)
      ASSERT_EQ(std::to_integer<Index>(bytes[static_cast<std::size_t>(e - row * 1000)]), 1 + e % 251) << e;
  }
  expect_labels(reader, 0, 64);
  expect_labels(reader, 5'000'000 - 64, 64);
}

TEST_F(LargeDataset, RepeatsASmallArrayBeyondThe32ndBit) {
  const DatasetReader reader = open("repeated.h5");
  ASSERT_GT(reader.info().rows * reader.info().inputs, Index{1} << 32);
  std::vector<std::byte> rows(3 * 4096);
  for (const Index first : {Index{0}, Index{999}, Index{524'287}, Index{1'048'575}, Index{1'099'997}}) {
    reader.read_inputs(first, 3, rows);
    for (Index i = 0; i < 3; ++i)
      for (Index j = 0; j < 4096; ++j)
        ASSERT_EQ(std::to_integer<Index>(rows[static_cast<std::size_t>(i * 4096 + j)]), ((first + i) % 1000 + j) % 251);
    std::vector<std::int64_t> labels(3);
    reader.read_labels(first, labels);
    for (Index i = 0; i < 3; ++i) ASSERT_EQ(labels[static_cast<std::size_t>(i)], (first + i) % 1000 % 7);
  }
  EXPECT_TRUE(reader.info().whole_bands);
}

}  // namespace
}  // namespace tally::io

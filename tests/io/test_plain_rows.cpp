// Rows read without libhdf5: the same bytes as through it, wherever they lie, by any thread.
#include "io/plain_rows.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <random>
#include <thread>
#include <vector>

#include "made_datasets.hpp"
#include "temporary_folder.hpp"

namespace tally::io {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class PlainRowsOf : public MadeDatasets {
 protected:
  static std::vector<std::byte> through_hdf5(const DatasetReader& reader, Index first, Index count) {
    std::vector<std::byte> rows(static_cast<std::size_t>(count * reader.info().inputs) * size_of(reader.info().type));
    reader.read_inputs(first, count, rows);
    return rows;
  }
};

TEST_F(PlainRowsOf, ContiguousDatasetsAreThereForNativeTypesOnly) {
  for (const char* type : {"u1", "i1", "u2", "i2", "u4", "i4", "u8", "i8", "f2", "f4", "f8", "bool"}) {
    const std::string order = std::string(type) == "bool" ? "" : "_le";
    const DatasetReader reader = open("types.h5", type + order + "_contiguous");
    ASSERT_NE(reader.plain(), nullptr) << type;
    const std::vector<std::byte> expected = through_hdf5(reader, 0, made_rows);
    std::vector<std::byte> rows(expected.size());
    reader.plain()->read(0, made_rows, rows);
    EXPECT_EQ(rows, expected) << type;
    for (const char* layout : {"_chunked", "_gzip", "_compact"}) {
      EXPECT_EQ(open("types.h5", type + order + layout).plain(), nullptr) << type << layout;
    }
  }
  EXPECT_EQ(open("types.h5", "f4_be_contiguous").plain(), nullptr);
  EXPECT_NE(open("types.h5", "u1_be_contiguous").plain(), nullptr) << "bytes have no order";
  EXPECT_EQ(open("types.h5", "int24_le").plain(), nullptr);
  EXPECT_EQ(open("types.h5", "bfloat16").plain(), nullptr);
}

TEST_F(PlainRowsOf, AUserBlockIsCounted) {
  const DatasetReader reader = open("user_block.h5");
  ASSERT_NE(reader.plain(), nullptr);
  std::vector<std::byte> rows(through_hdf5(reader, 5, 7).size());
  reader.plain()->read(5, 7, rows);
  EXPECT_EQ(rows, through_hdf5(reader, 5, 7));
}

TEST_F(PlainRowsOf, AVirtualDatasetOfPlainSourcesHasThemAll) {
  for (const char* file : {"virtual/plain_parts.h5", "virtual/same_file.h5"}) {
    const DatasetReader reader = open(file);
    ASSERT_NE(reader.plain(), nullptr) << file;
    for (Index first = 0; first <= made_rows; ++first) {
      for (Index count = 0; count <= made_rows - first; ++count) {
        const std::vector<std::byte> expected = through_hdf5(reader, first, count);
        std::vector<std::byte> rows(expected.size());
        reader.plain()->will_need(first, count);
        reader.plain()->read(first, count, rows);
        ASSERT_EQ(rows, expected) << file << " rows " << first << " + " << count;
      }
    }
  }
}

TEST_F(PlainRowsOf, AVirtualDatasetOfAnythingElseHasNone) {
  const DatasetReader parts = open("virtual/plain_parts.h5");
  for (const char* file : {"two_files", "nested", "unlimited", "plain_overlap", "plain_swapped", "plain_columns",
                           "plain_strided", "plain_of_wide"}) {
    const DatasetReader reader = open(std::string("virtual/") + file + ".h5");
    EXPECT_EQ(reader.plain(), nullptr) << file;
    if (std::string(file).starts_with("plain_") && std::string(file) != "plain_overlap") {
      EXPECT_EQ(through_hdf5(reader, 0, made_rows), through_hdf5(parts, 0, made_rows)) << file;
    }
  }
}

TEST_F(PlainRowsOf, AnyRowsByAnyThread) {
  const DatasetReader reader = open("types.h5", "f4_le_contiguous");
  const std::vector<std::byte> all = through_hdf5(reader, 0, made_rows);
  const std::size_t row = all.size() / made_rows;
  std::vector<std::thread> threads;
  for (unsigned seed = 0; seed < 4; ++seed) {
    threads.emplace_back([&, seed] {
      std::mt19937 random(seed);
      for (int i = 0; i < 500; ++i) {
        const auto first = static_cast<Index>(random() % made_rows);
        const Index count = static_cast<Index>(random()) % (made_rows - first + 1);
        std::vector<std::byte> rows(static_cast<std::size_t>(count) * row + 3, std::byte{7});
        reader.plain()->will_need(first, count);
        reader.plain()->read(first, count, rows);
        EXPECT_TRUE(std::equal(rows.begin(), rows.end() - 3, all.begin() + first * static_cast<Index>(row)));
        EXPECT_EQ(rows.back(), std::byte{7}) << "written beyond the rows";
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_F(PlainRowsOf, WhatIsReadIsCounted) {
  const DatasetReader reader = open("types.h5", "f4_le_contiguous");
  const std::uint64_t before = reader.bytes_read();
  std::vector<std::byte> rows(3 * 48);
  reader.plain()->read(1, 3, rows);
  EXPECT_EQ(reader.bytes_read(), before + rows.size());
}

TEST_F(PlainRowsOf, RowsThatAreNotThereAreNamed) {
  const DatasetReader reader = open("types.h5", "f4_le_contiguous");
  std::vector<std::byte> rows(48);
  for (const auto& wrong : std::vector<std::pair<Index, Index>>{
           {made_rows, 1}, {made_rows - 1, 2}, {-1, 1}, {0, -1}, {1, INT64_MAX}, {INT64_MAX, 1}}) {
    EXPECT_THAT(error_of([&] { reader.plain()->read(wrong.first, wrong.second, rows); }), HasSubstr("do not exist"));
  }
  EXPECT_THAT(error_of([&] { reader.plain()->read(0, 2, rows); }), HasSubstr("no room"));
}

TEST_F(PlainRowsOf, AFileThatLosesItsEndIsAnError) {
  const TemporaryFolder folder;
  const std::string copy = folder / "copy.h5";
  std::filesystem::copy_file(path("user_block.h5"), copy);
  DatasetRequest request;
  request.file = copy;
  const DatasetReader reader(request);
  std::vector<std::byte> rows(made_rows * 48);
  reader.plain()->read(0, made_rows, rows);
  std::filesystem::resize_file(copy, 1024 + 600);
  EXPECT_THAT(error_of([&] { reader.plain()->read(0, made_rows, rows); }),
              AllOf(HasSubstr(copy), HasSubstr("rows [0, 37)"), HasSubstr("truncated")));
}

}  // namespace
}  // namespace tally::io

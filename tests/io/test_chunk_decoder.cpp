// Raw chunks, decoded, are the rows that libhdf5 reads: for every layout and order of filters that make_chunks.py
// wrote.
#include "io/chunk_decoder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "error_of.hpp"
#include "io/dataset.hpp"
#include "made_files.hpp"
#include "raw_chunks.hpp"

namespace tally::io {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

class ChunkDecoding : public ::testing::Test {
 protected:
  void SetUp() override { require_made_files(TALLY_TEST_CHUNKS, "make_chunks.py"); }
  static std::string path() { return TALLY_TEST_CHUNKS "/chunks.h5"; }

  static DatasetReader open(const DatasetEntry& entry) {
    DatasetRequest request;
    request.file = path();
    request.inputs = entry.path;
    request.labels = "labels_" + std::to_string(entry.shape[0]);
    return DatasetReader(request);
  }

  static std::vector<DatasetEntry> entries(const std::string& prefix) {
    std::vector<DatasetEntry> chosen;
    for (const DatasetEntry& entry : list_datasets(path()))
      if (entry.path.starts_with("/" + prefix)) chosen.push_back(entry);
    return chosen;
  }

  /// Returns how many datasets there were.
  static int expect_equal(const std::string& prefix) {
    int count = 0;
    for (const DatasetEntry& entry : entries(prefix)) {
      SCOPED_TRACE(entry.path + " " + describe(entry) + " " + entry.layout);
      const DatasetReader reader = open(entry);
      EXPECT_NE(reader.chunks(), nullptr);
      if (reader.chunks()) expect_equal(reader);
      ++count;
      if (HasFailure()) break;
    }
    return count;
  }

  static void expect_equal(const DatasetReader& reader) {
    const Index rows = reader.info().rows;
    const std::vector<std::byte> all = rows_by_hdf5(reader, 0, rows);
    EXPECT_EQ(decoded_rows(reader, 0, rows), all);
    // Ranges that begin and end within bands, on their edges and beside them.
    const Index band = reader.chunks()->rows_per_band();
    const auto row_bytes = static_cast<Index>(reader.chunks()->row_bytes());
    for (const Index first : {Index{0}, Index{1}, band - 1, band, rows / 2, rows - 1})
      for (const Index count : {Index{1}, Index{2}, band - 1, band, band + 1, rows / 3}) {
        if (first >= rows || count > rows - first) continue;
        const auto begin = all.begin() + first * row_bytes;
        EXPECT_EQ(decoded_rows(reader, first, count), std::vector<std::byte>(begin, begin + count * row_bytes))
            << "rows [" << first << ", " << first + count << ")";
      }
  }
};

TEST_F(ChunkDecoding, GivesTheRowsOfEveryLayoutTypeAndOrderOfFilters) {
  EXPECT_EQ(expect_equal("layout_"), 15 * (2 * 9 + 8 * 2));
}

TEST_F(ChunkDecoding, GivesTheValuesThatWereWritten) {
  int seen = 0;
  for (const DatasetEntry& entry : entries("layout_")) {
    if (!entry.path.ends_with("_f4")) continue;
    SCOPED_TRACE(entry.path);
    const DatasetReader reader = open(entry);
    const DatasetInfo& info = reader.info();
    const std::vector<std::byte> rows = decoded_rows(reader, 0, info.rows);
    for (Index i = 0; i < info.rows; ++i)
      for (Index j = 0; j < info.inputs; ++j) {
        float value = 0;
        std::memcpy(&value, rows.data() + static_cast<std::size_t>(i * info.inputs + j) * sizeof value, sizeof value);
        ASSERT_EQ(value, static_cast<float>((7 * i + 3 * j + i * j) % 251)) << i << " " << j;
      }
    ++seen;
  }
  EXPECT_EQ(seen, 15 * 10);
}

TEST_F(ChunkDecoding, LeavesEdgeChunksThatWereNotFilteredAsTheyAre) {
  for (const DatasetEntry& entry : entries("partial_")) EXPECT_TRUE(open(entry).chunks()->unfiltered_edges);
  EXPECT_EQ(expect_equal("partial_"), 15 * 5);
}

TEST_F(ChunkDecoding, FillsInWhatWasNeverWritten) { EXPECT_EQ(expect_equal("unwritten_"), 4 * 2 * 2); }

TEST_F(ChunkDecoding, IsNotNeededForWhatWasNeverWrittenWithoutFilters) {
  for (const auto& [name, fill] : {std::pair("not_filtered_unwritten_None", 0), {"not_filtered_unwritten_7", 7}}) {
    const std::vector<std::byte> rows = rows_by_hdf5(open(entries(name).at(0)), 0, 37);
    for (std::size_t e = 0; e < rows.size() / 4; ++e) {
      std::int32_t value = 0;
      std::memcpy(&value, rows.data() + 4 * e, sizeof value);
      const auto i = static_cast<int>(e / 12);
      const auto j = static_cast<int>(e % 12);
      ASSERT_EQ(value, i / 5 == 2 ? (7 * i + 3 * j + i * j) % 251 : fill) << i << " " << j;
    }
  }
}

TEST_F(ChunkDecoding, LeavesOutTheFiltersThatAChunkSkipped) { EXPECT_EQ(expect_equal("masks_"), 10 * 3); }

TEST_F(ChunkDecoding, AcceptsTheChecksumsOfOldVersions) { EXPECT_EQ(expect_equal("swapped_"), 2); }

TEST_F(ChunkDecoding, GivesTheRowsOfRandomDatasets) { EXPECT_EQ(expect_equal("random_"), 200); }

TEST_F(ChunkDecoding, IsNotOfferedForAnythingElse) {
  int seen = 0;
  for (const DatasetEntry& entry : entries("not_")) {
    SCOPED_TRACE(entry.path);
    const DatasetReader reader = open(entry);
    EXPECT_EQ(reader.chunks(), nullptr);
    std::vector<std::byte> out(100);
    for (const std::string& text :
         {error_of([&] { reader.raw_bytes_bound(0, 1); }), error_of([&] { reader.read_chunks(0, 1, out); })})
      EXPECT_EQ(text, path() + ": " + entry.path + ": cannot be read in raw chunks");
    ++seen;
  }
  EXPECT_EQ(seen, 9);
}

TEST_F(ChunkDecoding, DescribesItsChunks) {
  const std::vector<DatasetEntry> found = entries("layout_37x4x3_5x3x2_shuffle-deflate-fletcher32_f4");
  ASSERT_EQ(found.size(), 1u);
  const DatasetReader reader = open(found[0]);
  ChunkGrid expected;
  expected.place = path() + ": " + found[0].path;
  expected.rows = 37;
  expected.row_shape = {4, 3};
  expected.chunk_shape = {5, 3, 2};
  expected.element_bytes = 4;
  expected.filters = {ChunkFilter::shuffle, ChunkFilter::deflate, ChunkFilter::fletcher32};
  expected.fill_value.resize(4);
  EXPECT_EQ(*reader.chunks(), expected);
  EXPECT_EQ(reader.info().chunk_rows, 5);
  EXPECT_EQ(reader.info().chunk_bytes, 120u);
  EXPECT_EQ(scratch_bytes(expected), 120u);
}

TEST_F(ChunkDecoding, CountsTheBytesThatAreStored) {
  const DatasetReader reader = open(entries("layout_37x12_37x12_deflate_u1").at(0));
  const std::vector<std::byte> raw = read_raw(reader, 10, 3);
  const RawChunk chunk = RawRows(*reader.chunks(), raw).chunk(0, 0);
  EXPECT_FALSE(chunk.absent);
  EXPECT_EQ(reader.bytes_read(), chunk.stored.size());
  EXPECT_LE(raw.size(), reader.raw_bytes_bound(10, 3));
}

TEST_F(ChunkDecoding, RefusesRowsThatAreNotThereAndTooLittleRoom) {
  const DatasetReader reader = open(entries("layout_37x12_5x5_deflate_u1").at(0));
  std::vector<std::byte> raw(reader.raw_bytes_bound(0, 37));
  const auto named = StartsWith(path() + ": /layout_37x12_5x5_deflate_u1: ");
  EXPECT_THAT(error_of([&] { reader.read_chunks(36, 2, raw); }), AllOf(named, HasSubstr("there are 37")));
  EXPECT_THAT(error_of([&] { reader.read_chunks(-1, 2, raw); }), AllOf(named, HasSubstr("there are 37")));
  const std::size_t used = reader.read_chunks(0, 37, raw);
  for (std::size_t room = 0; room < used; room += 7)
    ASSERT_THAT(error_of([&] { reader.read_chunks(0, 37, std::span(raw).first(room)); }),
                AllOf(named, HasSubstr("there is room for")));
  EXPECT_EQ(reader.read_chunks(0, 37, std::span(raw).first(used)), used);
  EXPECT_NO_THROW(check_raw_rows(*reader.chunks(), std::span(raw).first(reader.read_chunks(37, 0, raw))));
  ChunkDecoder decoder(*reader.chunks());
  std::vector<std::byte> rows(59);
  reader.read_chunks(0, 37, raw);
  EXPECT_THAT(error_of([&] { decoder.decode(raw, 0, rows); }), AllOf(named, HasSubstr("room for 59")));
}

TEST_F(ChunkDecoding, NamesTheRowOfADamagedChunk) {
  const DatasetReader oversized = open(entries("damaged_oversized").at(0));
  EXPECT_NO_THROW(read_raw(oversized, 0, 20));
  EXPECT_THAT(error_of([&] { read_raw(oversized, 0, 40); }),
              AllOf(StartsWith(path() + ": /damaged_oversized: the chunk at row 20: damaged: a stored chunk of "),
                    HasSubstr("which decodes to 240")));
  const DatasetReader bits = open(entries("damaged_bits").at(0));
  EXPECT_NO_THROW(decoded_rows(bits, 30, 10));
  EXPECT_EQ(error_of([&] { decoded_rows(bits, 0, 40); }),
            path() + ": /damaged_bits: the chunk at row 20, columns [6]: damaged: its checksum (fletcher32) is wrong");
}

TEST_F(ChunkDecoding, NeedsNoMoreScratchThanItSays) {
  const auto scratch_of = [](const std::string& name) { return scratch_bytes(*open(entries(name).at(0)).chunks()); };
  EXPECT_EQ(scratch_of("layout_37x12_5x12_deflate_f4"), 0u);
  EXPECT_EQ(scratch_of("layout_37x12_5x12_deflate-fletcher32_f4"), 0u);
  EXPECT_EQ(scratch_of("layout_37x12_5x12_shuffle-deflate_u1"), 0u);
  EXPECT_EQ(scratch_of("layout_37x12_5x12_shuffle-deflate_f4"), 240u);
  EXPECT_EQ(scratch_of("layout_37x12_5x5_deflate_u1"), 25u);
  EXPECT_GE(scratch_of("layout_37x12_5x12_fletcher32-deflate_f4"), 2 * 244u);
}

}  // namespace
}  // namespace tally::io

// The buffer that raw chunks travel in: whatever it claims, nothing outside of it is touched.
#include "io/raw_rows.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <random>
#include <string>
#include <vector>

#include "error_of.hpp"
#include "io/chunk_decoder.hpp"
#include "reference_chunks.hpp"

namespace tally::io {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::size_t header_bytes = 24;
constexpr std::size_t entry_bytes = 24;

ChunkGrid small_grid() {
  ChunkGrid grid;
  grid.place = "f.h5: /inputs";
  grid.rows = 18;
  grid.row_shape = {6};
  grid.chunk_shape = {4, 4};
  grid.filters = {ChunkFilter::deflate};
  grid.fill_value = {std::byte{9}};
  return grid;
}

/// Bands 1 and 2 of small_grid(); chunk 1 of band 1 is absent.
std::vector<std::byte> small_buffer() {
  const ChunkGrid grid = small_grid();
  std::vector<std::byte> raw(most_raw_bytes(grid, 2));
  RawRowsWriter writer(grid, {1, 2}, raw);
  for (unsigned i = 0; i < 4; ++i) {
    if (i == 1) {
      writer.add_absent();
      continue;
    }
    const std::vector<std::byte> stored = reference::deflate(reference::some_bytes(16, i));
    std::memcpy(writer.room(stored.size()).data(), stored.data(), stored.size());
    writer.add(stored.size(), i == 3 ? 2 : 0);
  }
  writer.finish();
  raw.resize(writer.bytes());
  raw.shrink_to_fit();
  return raw;
}

template <typename T>
void overwrite(std::vector<std::byte>& raw, std::size_t offset, T value) {
  ASSERT_LE(offset + sizeof value, raw.size());
  std::memcpy(raw.data() + offset, &value, sizeof value);
}

std::string check_error(const std::vector<std::byte>& raw) {
  return error_of([&] { check_raw_rows(small_grid(), raw); });
}

void decode_all(const std::vector<std::byte>& raw) {
  ChunkDecoder decoder(small_grid());
  std::vector<std::byte> rows(decoder.grid().band_bytes());
  for (Index band = 0; band < 5; ++band) error_of([&] { decoder.decode(raw, band, rows); });
}

TEST(RawRows, GiveBackWhatWasWritten) {
  const std::vector<std::byte> raw = small_buffer();
  const ChunkGrid grid = small_grid();
  EXPECT_EQ(raw.size() % 8, 0u);
  EXPECT_EQ(check_error(raw), "no error");
  const RawRows rows(grid, raw);
  EXPECT_EQ(rows.bands(), (BandRange{1, 2}));
  EXPECT_TRUE(rows.chunk(1, 1).absent);
  EXPECT_EQ(rows.chunk(2, 1).filter_mask, 2u);
  const auto stored = rows.chunk(2, 0).stored;
  EXPECT_EQ(std::vector<std::byte>(stored.begin(), stored.end()), reference::deflate(reference::some_bytes(16, 2)));
  for (const Index band : {-1, 0, 3, 5})
    EXPECT_THAT(error_of([&] { rows.chunk(band, 0); }), HasSubstr("is not among these raw chunks"));
}

TEST(RawRows, MayLieAtAnyAddress) {
  const std::vector<std::byte> raw = small_buffer();
  std::vector<std::byte> moved(raw.size() + 3);
  std::memcpy(moved.data() + 3, raw.data(), raw.size());
  ChunkDecoder decoder(small_grid());
  std::vector<std::byte> rows(decoder.grid().band_bytes());
  std::vector<std::byte> expected(rows.size());
  decoder.decode(raw, 1, expected);
  decoder.decode(std::span(moved).subspan(3), 1, rows);
  EXPECT_EQ(rows, expected);
  EXPECT_EQ(rows[4], std::byte{9});
}

TEST(RawRows, ThatAreCutOffAreRefused) {
  const std::vector<std::byte> raw = small_buffer();
  for (std::size_t length = 0; length < raw.size(); ++length) {
    std::vector<std::byte> cut(raw.begin(), raw.begin() + static_cast<std::ptrdiff_t>(length));
    cut.shrink_to_fit();
    EXPECT_THAT(check_error(cut), StartsWith("f.h5: /inputs: raw chunks")) << length;
    decode_all(cut);
  }
}

TEST(RawRows, WhoseTableLiesAreRefused) {
  const std::int64_t large = std::int64_t{1} << 60;
  const auto first_entry = header_bytes;
  const auto lie = [](std::size_t offset, auto value) {
    std::vector<std::byte> raw = small_buffer();
    overwrite(raw, offset, value);
    decode_all(raw);
    return check_error(raw);
  };
  EXPECT_THAT(lie(0, std::int64_t{-1}), HasSubstr("there are 5"));
  EXPECT_THAT(lie(0, std::int64_t{4}), HasSubstr("there are 5"));
  EXPECT_THAT(lie(0, large), HasSubstr("there are 5"));
  EXPECT_THAT(lie(8, std::int64_t{-2}), HasSubstr("there are 5"));
  EXPECT_THAT(lie(8, large), HasSubstr("there are 5"));
  EXPECT_THAT(lie(16, large), HasSubstr("cut off"));
  EXPECT_THAT(lie(16, std::int64_t{0}), HasSubstr("cut off"));
  for (const std::int64_t offset : {std::int64_t{0}, std::int64_t{8}, large, std::int64_t{-8}})
    EXPECT_THAT(lie(first_entry, offset), HasSubstr("raw chunks are damaged"));
  for (const std::int64_t bytes : {large, std::int64_t{-1}, std::int64_t{1000}})
    EXPECT_THAT(lie(first_entry + 8, bytes), HasSubstr("raw chunks are damaged"));
  EXPECT_THAT(lie(first_entry + 20, std::uint32_t{2}), HasSubstr("raw chunks are damaged"));
  EXPECT_THAT(lie(first_entry + entry_bytes + 20, std::uint32_t{0}), HasSubstr("raw chunks are damaged"));
}

TEST(RawRows, OfRandomBytesAreNeverReadBeyond) {
  std::mt19937 random(1);
  for (int i = 0; i < 5000; ++i) {
    std::vector<std::byte> raw = small_buffer();
    for (unsigned flips = random() % 4 + 1; flips > 0; --flips)
      raw[random() % raw.size()] ^= static_cast<std::byte>(1u << random() % 8);
    decode_all(raw);
  }
}

TEST(RawRows, AreNotWrittenBeyondTheirRoom) {
  const ChunkGrid grid = small_grid();
  std::vector<std::byte> raw(raw_table_bytes(grid, 1) + 24);
  RawRowsWriter writer(grid, {0, 1}, raw);
  EXPECT_THAT(error_of([&] { writer.room(25); }), HasSubstr("there is room for 24"));
  EXPECT_THAT(error_of([&] { writer.room(std::uint64_t{1} << 60); }),
              HasSubstr("damaged: a stored chunk of 1152921504606846976 bytes, which decodes to 16"));
  EXPECT_THAT(error_of([&] { writer.room(grid.most_stored_bytes() + 1); }), HasSubstr("damaged"));
  writer.room(17);
  writer.add(17, 0);
  EXPECT_THAT(error_of([&] { writer.room(1); }), HasSubstr("there is room for 0"));
  EXPECT_THAT(error_of([&] { RawRowsWriter(grid, {0, 2}, raw); }), HasSubstr("the table of its chunks takes"));
  EXPECT_THAT(error_of([&] { most_raw_bytes(grid, std::int64_t{1} << 60); }), HasSubstr("2^63"));
}

}  // namespace
}  // namespace tally::io

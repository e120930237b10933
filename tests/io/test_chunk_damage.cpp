// Damaged chunks: an error that names file, dataset and row, never a crash, never other values where a checksum stands.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "error_of.hpp"
#include "io/chunk_decoder.hpp"
#include "reference_chunks.hpp"

namespace tally::io {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

ChunkGrid grid_with(const std::vector<ChunkFilter>& filters, bool whole_rows) {
  ChunkGrid grid;
  grid.place = "f.h5: /inputs";
  grid.rows = 80;
  grid.row_shape = {14};
  grid.chunk_shape = {20, whole_rows ? 14 : 7};
  grid.element_bytes = 4;
  grid.filters = filters;
  grid.fill_value.resize(4);
  return grid;
}

std::vector<std::byte> encoded(std::vector<std::byte> chunk, const std::vector<ChunkFilter>& filters) {
  for (const ChunkFilter filter : filters) {
    if (filter == ChunkFilter::shuffle) chunk = reference::shuffle(chunk, 4);
    if (filter == ChunkFilter::deflate) chunk = reference::deflate(chunk);
    if (filter != ChunkFilter::fletcher32) continue;
    const std::uint32_t sum = reference::fletcher32(chunk);
    for (const int shift : {0, 8, 16, 24}) chunk.push_back(static_cast<std::byte>(sum >> shift));
  }
  return chunk;
}

/// The last chunk of band 2 is `stored`, all others are absent.
std::vector<std::byte> buffer_with(const ChunkGrid& grid, const std::vector<std::byte>& stored, std::uint32_t mask) {
  std::vector<std::byte> raw(most_raw_bytes(grid, 1));
  RawRowsWriter writer(grid, {2, 1}, raw);
  for (Index chunk = 1; chunk < grid.chunks_per_band(); ++chunk) writer.add_absent();
  if (!stored.empty()) std::memcpy(writer.room(stored.size()).data(), stored.data(), stored.size());
  writer.add(stored.size(), mask);
  writer.finish();
  raw.resize(writer.bytes());
  raw.shrink_to_fit();
  return raw;
}

std::string decode_error(const ChunkGrid& grid, const std::vector<std::byte>& stored, std::uint32_t mask,
                         std::vector<std::byte>& rows) {
  ChunkDecoder decoder(grid);
  rows.assign(grid.band_bytes(), std::byte{0});
  return error_of([&] { decoder.decode(buffer_with(grid, stored, mask), 2, rows); });
}

std::string decode_error(const ChunkGrid& grid, const std::vector<std::byte>& stored, std::uint32_t mask = 0) {
  std::vector<std::byte> rows;
  return decode_error(grid, stored, mask, rows);
}

constexpr auto deflate = ChunkFilter::deflate;
constexpr auto shuffle = ChunkFilter::shuffle;
constexpr auto fletcher32 = ChunkFilter::fletcher32;

const std::vector<std::vector<ChunkFilter>> pipelines{{deflate},
                                                      {shuffle, deflate},
                                                      {deflate, fletcher32},
                                                      {shuffle, deflate, fletcher32},
                                                      {fletcher32, shuffle, deflate},
                                                      {deflate, shuffle}};

// What still inflates fails by its checksum, zlib's or ours; but a few bits of a Huffman table stand for nothing.
TEST(ChunkDamage, OfAnyBitIsAnErrorThatNamesTheRow) {
  for (const bool whole_rows : {true, false})
    for (const std::vector<ChunkFilter>& filters : pipelines) {
      const ChunkGrid grid = grid_with(filters, whole_rows);
      const std::vector<std::byte> stored = encoded(reference::some_bytes(grid.chunk_bytes(), 1), filters);
      std::vector<std::byte> intact;
      ASSERT_EQ(decode_error(grid, stored, 0, intact), "no error");
      int errors = 0;
      int bits = 0;
      const std::string place =
          whole_rows ? "f.h5: /inputs: the chunk at row 40: " : "f.h5: /inputs: the chunk at row 40, columns [7]: ";
      for (std::size_t bit = 0; bit < 8 * stored.size(); bit += 1 + bit / 200) {
        std::vector<std::byte> damaged = stored;
        damaged[bit / 8] ^= static_cast<std::byte>(1u << bit % 8);
        std::vector<std::byte> rows;
        const std::string text = decode_error(grid, damaged, 0, rows);
        ++bits;
        if (text == "no error") {
          ASSERT_EQ(rows, intact) << "bit " << bit;
        } else {
          ++errors;
          ASSERT_THAT(text, AllOf(StartsWith(place), HasSubstr("damaged"))) << "bit " << bit;
        }
      }
      EXPECT_GT(errors, bits * 98 / 100);
    }
}

TEST(ChunkDamage, OfLengthsIsAnErrorThatNamesTheRow) {
  for (const std::vector<ChunkFilter>& filters : pipelines) {
    const ChunkGrid grid = grid_with(filters, false);
    const std::vector<std::byte> stored = encoded(reference::some_bytes(grid.chunk_bytes(), 1), filters);
    for (std::size_t length = 0; length < stored.size(); length += 1 + length / 16)
      ASSERT_THAT(decode_error(grid, {stored.begin(), stored.begin() + static_cast<std::ptrdiff_t>(length)}),
                  AllOf(StartsWith("f.h5: /inputs: the chunk at row 40, columns [7]: "), HasSubstr("damaged")));
  }
}

TEST(ChunkDamage, SaysWhatIsWrong) {
  const ChunkGrid grid = grid_with({shuffle, deflate, fletcher32}, true);
  const std::size_t bytes = grid.chunk_bytes();
  const auto of_length = [&](std::size_t length) { return encoded(reference::some_bytes(length, 2), grid.filters); };
  EXPECT_THAT(decode_error(grid, of_length(bytes - 4)), HasSubstr("inflates to fewer than 1120 bytes"));
  EXPECT_THAT(decode_error(grid, of_length(bytes + 4)), HasSubstr("inflates to more than 1120 bytes"));
  std::vector<std::byte> stored = of_length(bytes);
  stored.back() ^= std::byte{1};
  EXPECT_THAT(decode_error(grid, stored), HasSubstr("its checksum (fletcher32) is wrong"));
  EXPECT_THAT(decode_error(grid, stored, 4), "no error");  // the mask says that there is none
  // All filters skipped: the chunk itself.
  EXPECT_EQ(decode_error(grid, std::vector<std::byte>(bytes), 7), "no error");
  EXPECT_THAT(decode_error(grid, std::vector<std::byte>(bytes - 1), 7), HasSubstr("1119 bytes instead of 1120"));
  EXPECT_THAT(decode_error(grid, std::vector<std::byte>(bytes + 1), 7), HasSubstr("1121 bytes instead of 1120"));
}

TEST(ChunkDamage, DoesNotKeepADecoderFromTheNextChunk) {
  const ChunkGrid grid = grid_with({shuffle, deflate}, true);
  const std::vector<std::byte> chunk = reference::some_bytes(grid.chunk_bytes(), 3);
  std::vector<std::byte> stored = encoded(chunk, grid.filters);
  const std::vector<std::byte> good = buffer_with(grid, stored, 0);
  stored[stored.size() / 2] ^= std::byte{0x10};
  ChunkDecoder decoder(grid);
  std::vector<std::byte> rows(grid.band_bytes());
  EXPECT_THROW(decoder.decode(buffer_with(grid, stored, 0), 2, rows), Error);
  decoder.decode(good, 2, rows);
  EXPECT_EQ(rows, chunk);
}

}  // namespace
}  // namespace tally::io

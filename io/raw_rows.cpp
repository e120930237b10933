#include "io/raw_rows.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <string>

namespace tally::io {
namespace {

constexpr std::size_t alignment = 8;
constexpr std::uint32_t state_stored = 0;
constexpr std::uint32_t state_absent = 1;

struct Header {
  std::int64_t first_band = 0;
  std::int64_t bands = 0;
  std::uint64_t bytes = 0;
};

struct Entry {
  std::uint64_t offset = 0;
  std::uint64_t bytes = 0;
  std::uint32_t filter_mask = 0;
  std::uint32_t state = state_stored;
};

[[noreturn]] void fail(const ChunkGrid& grid, const std::string& text) { throw Error(grid.place + ": " + text); }

std::size_t aligned(std::size_t bytes) { return (bytes + alignment - 1) / alignment * alignment; }

/// header + chunks * each, where that is below 2^63.
std::size_t bytes_for(const ChunkGrid& grid, Index bands, std::size_t each) {
  constexpr auto limit = static_cast<std::size_t>(std::numeric_limits<Index>::max()) - sizeof(Header);
  const auto per_band = static_cast<std::size_t>(grid.chunks_per_band());
  const auto count = static_cast<std::size_t>(bands);
  if (bands < 0 || (count != 0 && (per_band > limit / count || each > limit / (per_band * count))))
    fail(grid, std::to_string(bands) + " bands of chunks pass 2^63 bytes");
  return sizeof(Header) + per_band * count * each;
}

template <typename T>
T load(std::span<const std::byte> bytes, std::size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

}  // namespace

std::size_t raw_table_bytes(const ChunkGrid& grid, Index bands) { return bytes_for(grid, bands, sizeof(Entry)); }

std::size_t most_raw_bytes(const ChunkGrid& grid, Index bands) {
  return bytes_for(grid, bands, sizeof(Entry) + aligned(grid.most_stored_bytes()));
}

RawRowsWriter::RawRowsWriter(const ChunkGrid& grid, BandRange bands, std::span<std::byte> out)
    : grid_(&grid), bands_(bands), out_(out), entry_(sizeof(Header)), used_(raw_table_bytes(grid, bands.count)) {
  if (out.size() < used_)
    fail(grid, "the table of its chunks takes " + std::to_string(used_) + " bytes, but there is room for " +
                   std::to_string(out.size()));
}

std::span<std::byte> RawRowsWriter::room(std::uint64_t bytes) const {
  const auto at = [&] {
    const auto chunk = static_cast<Index>((entry_ - sizeof(Header)) / sizeof(Entry));
    const Index band = bands_.first + chunk / grid_->chunks_per_band();
    return "the chunk at row " + std::to_string(band * grid_->rows_per_band()) + ": ";
  };
  if (bytes > grid_->most_stored_bytes())
    fail(*grid_, at() + "damaged: a stored chunk of " + std::to_string(bytes) + " bytes, which decodes to " +
                     std::to_string(grid_->chunk_bytes()));
  if (aligned(bytes) > out_.size() - used_)
    fail(*grid_, at() + "it has " + std::to_string(bytes) + " stored bytes, but there is room for " +
                     std::to_string(out_.size() - used_));
  return out_.subspan(used_, bytes);
}

void RawRowsWriter::put_entry(std::uint64_t offset, std::uint64_t bytes, std::uint32_t filter_mask,
                              std::uint32_t state) {
  const Entry entry{offset, bytes, filter_mask, state};
  std::memcpy(out_.data() + entry_, &entry, sizeof entry);
  entry_ += sizeof entry;
}

void RawRowsWriter::add(std::uint64_t bytes, std::uint32_t filter_mask) {
  put_entry(used_, bytes, filter_mask, state_stored);
  const std::size_t padded = aligned(bytes);
  std::fill_n(out_.data() + used_ + bytes, padded - bytes, std::byte{0});
  used_ += padded;
}

void RawRowsWriter::add_absent() { put_entry(0, 0, 0, state_absent); }

void RawRowsWriter::finish() {
  const Header header{bands_.first, bands_.count, used_};
  std::memcpy(out_.data(), &header, sizeof header);
}

RawRows::RawRows(const ChunkGrid& grid, std::span<const std::byte> raw)
    : grid_(&grid), raw_(raw), chunks_per_band_(grid.chunks_per_band()), most_stored_(grid.most_stored_bytes()) {
  if (raw.size() < sizeof(Header)) fail(grid, "raw chunks without a header: " + std::to_string(raw.size()) + " bytes");
  const auto header = load<Header>(raw, 0);
  bands_ = {header.first_band, header.bands};
  if (bands_.first < 0 || bands_.count < 0 || bands_.count > grid.bands() || bands_.first > grid.bands() - bands_.count)
    fail(grid, "raw chunks of " + std::to_string(bands_.count) + " bands from band " + std::to_string(bands_.first) +
                   " on, but there are " + std::to_string(grid.bands()));
  table_end_ = raw_table_bytes(grid, bands_.count);
  if (header.bytes > raw.size() || table_end_ > header.bytes)
    fail(grid, "raw chunks are cut off: " + std::to_string(raw.size()) + " bytes of " +
                   std::to_string(std::max<std::uint64_t>(header.bytes, table_end_)));
  raw_ = raw.first(header.bytes);
}

RawChunk RawRows::chunk(Index band, Index chunk) const {
  if (band < bands_.first || band - bands_.first >= bands_.count || chunk < 0 || chunk >= chunks_per_band_)
    fail(*grid_, "band " + std::to_string(band) + " is not among these raw chunks");
  const auto index = static_cast<std::size_t>((band - bands_.first) * chunks_per_band_ + chunk);
  const auto entry = load<Entry>(raw_, sizeof(Header) + index * sizeof(Entry));
  if (entry.state == state_absent && entry.bytes == 0) return {{}, 0, true};
  if (entry.state != state_stored || entry.bytes > most_stored_ || entry.offset < table_end_ ||
      entry.offset > raw_.size() || entry.bytes > raw_.size() - entry.offset)
    fail(*grid_, "raw chunks are damaged: a chunk of " + std::to_string(entry.bytes) + " bytes at " +
                     std::to_string(entry.offset) + " in " + std::to_string(raw_.size()));
  return {raw_.subspan(entry.offset, entry.bytes), entry.filter_mask, false};
}

void check_raw_rows(const ChunkGrid& grid, std::span<const std::byte> raw) {
  const RawRows rows(grid, raw);
  const Index end = rows.bands().first + rows.bands().count;
  for (Index band = rows.bands().first; band < end; ++band)
    for (Index chunk = 0; chunk < grid.chunks_per_band(); ++chunk) rows.chunk(band, chunk);
}

}  // namespace tally::io

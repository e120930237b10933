#include "io/chunk_decoder.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

#include "io/chunk_runs.hpp"
#include "io/fletcher32.hpp"
#include "io/shuffle.hpp"

namespace tally::io {
namespace {

constexpr std::size_t checksum_bytes = 4;

/// Shuffle or nothing, then deflate or nothing, then any number of checksums: then nothing but the inflated chunk has
/// to be held anywhere.
bool in_usual_order(const std::vector<ChunkFilter>& filters) {
  auto next = filters.begin();
  if (next != filters.end() && *next == ChunkFilter::shuffle) ++next;
  if (next != filters.end() && *next == ChunkFilter::deflate) ++next;
  return std::all_of(next, filters.end(), [](ChunkFilter filter) { return filter == ChunkFilter::fletcher32; });
}

bool skipped(std::uint32_t filter_mask, std::size_t filter) { return (filter_mask >> filter & 1) != 0; }

}  // namespace

struct ChunkDecoder::Position {
  Index band;
  Index chunk;
};

/// A chunk's elements, decoded but perhaps for the shuffle.
struct ChunkDecoder::Elements {
  std::span<const std::byte> bytes;
  bool shuffled = false;
};

std::size_t scratch_bytes(const ChunkGrid& grid) {
  if (!in_usual_order(grid.filters)) return 2 * grid.most_stored_bytes();
  const bool shuffles = grid.element_bytes > 1 && !grid.filters.empty() && grid.filters[0] == ChunkFilter::shuffle;
  return shuffles || !grid.whole_rows() ? grid.chunk_bytes() : 0;
}

ChunkDecoder::ChunkDecoder(ChunkGrid grid) : grid_(std::move(grid)) {
  grid_.check();
  chunks_per_band_ = grid_.chunks_per_band();
  chunk_bytes_ = grid_.chunk_bytes();
  band_bytes_ = grid_.band_bytes();
  whole_rows_ = grid_.whole_rows();
  usual_order_ = in_usual_order(grid_.filters);
}

void ChunkDecoder::fail(const Position& at, const std::string& text) const {
  std::string where = grid_.place + ": the chunk at row " + std::to_string(at.band * grid_.rows_per_band());
  if (chunks_per_band_ > 1) {
    where += ", columns [";
    const std::vector<Index> columns = grid_.columns_of(at.chunk);
    for (std::size_t i = 0; i < columns.size(); ++i) where.append(i == 0 ? "" : ", ") += std::to_string(columns[i]);
    where += "]";
  }
  throw Error(where + ": " + text);
}

void ChunkDecoder::decode(std::span<const std::byte> raw, Index band, std::span<std::byte> rows) {
  if (rows.size() < band_bytes_)
    throw Error(grid_.place + ": rows of a chunk are " + std::to_string(band_bytes_) +
                " bytes, but there is room for " + std::to_string(rows.size()));
  const RawRows chunks(grid_, raw);
  for (Index chunk = 0; chunk < chunks_per_band_; ++chunk)
    decode_chunk(chunks.chunk(band, chunk), {band, chunk}, rows.first(band_bytes_));
}

void ChunkDecoder::decode_chunk(const RawChunk& chunk, const Position& at, std::span<std::byte> rows) {
  if (chunk.absent) return fill(at, rows);
  Elements elements;
  if (grid_.unfiltered_edges && grid_.is_edge(at.band, at.chunk)) {
    elements.bytes = chunk.stored;
  } else {
    elements = usual_order_ ? decode_usual(chunk, at, rows) : decode_any(chunk, at);
  }
  if (elements.bytes.size() != chunk_bytes_)
    fail(at, "damaged: decodes to " + std::to_string(elements.bytes.size()) + " bytes instead of " +
                 std::to_string(chunk_bytes_));
  if (elements.bytes.data() != rows.data()) place(elements, at, rows);
}

std::span<const std::byte> ChunkDecoder::without_checksum(std::span<const std::byte> bytes, const Position& at) const {
  if (!ends_in_fletcher32(bytes)) fail(at, "damaged: its checksum (fletcher32) is wrong");
  return bytes.first(bytes.size() - checksum_bytes);
}

void ChunkDecoder::inflate(std::span<const std::byte> stored, std::span<std::byte> out, const Position& at) {
  const InflateResult result = inflater_.inflate(stored, out);
  if (result == InflateResult::complete) return;
  const std::string bytes = std::to_string(out.size()) + " bytes";
  fail(at, result == InflateResult::too_short  ? "damaged: inflates to fewer than " + bytes
           : result == InflateResult::too_long ? "damaged: inflates to more than " + bytes
                                               : "damaged: cannot be inflated");
}

ChunkDecoder::Elements ChunkDecoder::decode_usual(const RawChunk& chunk, const Position& at,
                                                  std::span<std::byte> rows) {
  Elements elements{chunk.stored};
  bool deflated = false;
  for (std::size_t i = grid_.filters.size(); i-- > 0;) {
    if (skipped(chunk.filter_mask, i)) continue;
    if (grid_.filters[i] == ChunkFilter::fletcher32) elements.bytes = without_checksum(elements.bytes, at);
    if (grid_.filters[i] == ChunkFilter::deflate) deflated = true;
    if (grid_.filters[i] == ChunkFilter::shuffle) elements.shuffled = grid_.element_bytes > 1;
  }
  if (!deflated) return elements;
  std::span<std::byte> inflated = rows.first(chunk_bytes_);
  if (elements.shuffled || !whole_rows_) {
    scratch_.resize(chunk_bytes_);
    inflated = scratch_;
  }
  inflate(elements.bytes, inflated, at);
  elements.bytes = inflated;
  return elements;
}

ChunkDecoder::Elements ChunkDecoder::decode_any(const RawChunk& chunk, const Position& at) {
  std::span<const std::byte> bytes = chunk.stored;
  for (std::size_t i = grid_.filters.size(); i-- > 0;) {
    if (skipped(chunk.filter_mask, i)) continue;
    if (grid_.filters[i] == ChunkFilter::fletcher32) {
      bytes = without_checksum(bytes, at);
      continue;
    }
    std::size_t size = bytes.size();
    if (grid_.filters[i] == ChunkFilter::deflate) {
      // What went in: the chunk and the checksums before it.
      size = chunk_bytes_;
      for (std::size_t j = 0; j < i; ++j)
        if (grid_.filters[j] == ChunkFilter::fletcher32 && !skipped(chunk.filter_mask, j)) size += checksum_bytes;
    }
    other_scratch_.reserve(grid_.most_stored_bytes());  // no more than scratch_bytes says
    other_scratch_.resize(size);
    if (grid_.filters[i] == ChunkFilter::deflate) {
      inflate(bytes, other_scratch_, at);
    } else {
      unshuffle(bytes, grid_.element_bytes, other_scratch_);
    }
    scratch_.swap(other_scratch_);
    bytes = scratch_;
  }
  return {bytes};
}

void ChunkDecoder::place(const Elements& elements, const Position& at, std::span<std::byte> rows) const {
  const std::size_t size = grid_.element_bytes;
  ChunkRuns(grid_, at.band, at.chunk).for_each([&](std::size_t in_chunk, std::size_t in_rows, std::size_t count) {
    std::byte* out = rows.data() + in_rows * size;
    if (elements.shuffled) {
      unshuffle(elements.bytes, size, in_chunk, count, out);
    } else {
      std::memcpy(out, elements.bytes.data() + in_chunk * size, count * size);
    }
  });
}

void ChunkDecoder::fill(const Position& at, std::span<std::byte> rows) const {
  const std::size_t size = grid_.element_bytes;
  const std::vector<std::byte>& value = grid_.fill_value;
  const bool uniform = std::all_of(value.begin(), value.end(), [&](std::byte byte) { return byte == value[0]; });
  ChunkRuns(grid_, at.band, at.chunk).for_each([&](std::size_t, std::size_t in_rows, std::size_t count) {
    std::byte* out = rows.data() + in_rows * size;
    if (uniform) {
      std::memset(out, std::to_integer<int>(value[0]), count * size);
    } else {
      for (std::size_t i = 0; i < count; ++i) std::memcpy(out + i * size, value.data(), size);
    }
  });
}

}  // namespace tally::io

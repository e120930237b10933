// Decoding raw chunks: 1024 rows of 784 values a chunk, deflated at level 4.
#include <benchmark/benchmark.h>
#include <zlib.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench_cases.hpp"
#include "io/chunk_decoder.hpp"
#include "io/fletcher32.hpp"
#include "io/shuffle.hpp"

namespace tally {
namespace {

constexpr Index rows = 1024;
constexpr Index inputs = 784;
constexpr int level = 4;

/// As compressible as images of digits are: four fifths zeros, the others in runs of like size.
template <typename T>
std::vector<std::byte> image_like_chunk() {
  std::vector<T> values(static_cast<std::size_t>(rows * inputs));
  std::uint32_t state = 1;
  std::size_t run = 0;
  bool ink = false;
  for (T& value : values) {
    state = state * 1664525 + 1013904223;
    if (run == 0) {
      ink = !ink;
      run = ink ? 3 + state / 65536 % 6 : 5 + state / 65536 % 37;
    }
    --run;
    value = ink ? static_cast<T>(state >> 24) : T{0};
  }
  std::vector<std::byte> bytes(values.size() * sizeof(T));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

std::vector<std::byte> shuffled(const std::vector<std::byte>& bytes, std::size_t size) {
  std::vector<std::byte> planes(bytes.size());
  const std::size_t elements = bytes.size() / size;
  for (std::size_t i = 0; i < elements; ++i)
    for (std::size_t k = 0; k < size; ++k) planes[k * elements + i] = bytes[i * size + k];
  return planes;
}

std::vector<std::byte> deflated(const std::vector<std::byte>& bytes) {
  uLongf length = compressBound(bytes.size());
  std::vector<std::byte> stream(length);
  if (compress2(reinterpret_cast<Bytef*>(stream.data()), &length, reinterpret_cast<const Bytef*>(bytes.data()),
                bytes.size(), level) != Z_OK)
    throw std::runtime_error("zlib cannot compress");
  stream.resize(length);
  return stream;
}

void count_rows(benchmark::State& state, std::size_t bytes) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
  state.counters["rows"] =
      benchmark::Counter(static_cast<double>(state.iterations() * rows), benchmark::Counter::kIsRate);
}

template <typename T>
void decode(benchmark::State& state, const std::vector<io::ChunkFilter>& filters, Index chunk_columns) {
  io::ChunkGrid grid;
  grid.rows = rows;
  grid.row_shape = {inputs};
  grid.chunk_shape = {rows, chunk_columns};
  grid.element_bytes = sizeof(T);
  grid.filters = filters;
  grid.fill_value.resize(sizeof(T));

  std::vector<std::byte> chunk = image_like_chunk<T>();
  chunk.resize(grid.chunk_bytes());
  for (const io::ChunkFilter filter : filters)
    chunk = filter == io::ChunkFilter::shuffle ? shuffled(chunk, sizeof(T)) : deflated(chunk);
  std::vector<std::byte> raw(io::most_raw_bytes(grid, 1));
  io::RawRowsWriter writer(grid, {0, 1}, raw);
  for (Index i = 0; i < grid.chunks_per_band(); ++i) {
    std::memcpy(writer.room(chunk.size()).data(), chunk.data(), chunk.size());
    writer.add(chunk.size(), 0);
  }
  writer.finish();

  io::ChunkDecoder decoder(grid);
  std::vector<std::byte> decoded(grid.band_bytes());
  for ([[maybe_unused]] auto _ : state) {
    decoder.decode(raw, 0, decoded);
    benchmark::ClobberMemory();
  }
  count_rows(state, decoded.size());
}

template <typename T>
void unshuffle(benchmark::State& state) {
  const std::vector<std::byte> bytes = image_like_chunk<T>();
  std::vector<std::byte> out(bytes.size());
  for ([[maybe_unused]] auto _ : state) {
    io::unshuffle(bytes, sizeof(T), out);
    benchmark::ClobberMemory();
  }
  count_rows(state, bytes.size());
}

void fletcher32(benchmark::State& state) {
  const std::vector<std::byte> bytes = image_like_chunk<std::uint8_t>();
  for ([[maybe_unused]] auto _ : state) benchmark::DoNotOptimize(io::fletcher32(bytes));
  count_rows(state, bytes.size());
}

}  // namespace

void register_chunk_cases() {
  constexpr auto deflate = io::ChunkFilter::deflate;
  constexpr auto shuffle = io::ChunkFilter::shuffle;
  const auto add = [](const std::string& name, auto run) {
    benchmark::RegisterBenchmark(("chunks/" + name).c_str(), run);
  };
  add("uint8_deflate", [](benchmark::State& state) { decode<std::uint8_t>(state, {deflate}, inputs); });
  add("uint8_deflate_split", [](benchmark::State& state) { decode<std::uint8_t>(state, {deflate}, inputs / 8); });
  add("float32_deflate", [](benchmark::State& state) { decode<float>(state, {deflate}, inputs); });
  add("float32_shuffle_deflate", [](benchmark::State& state) { decode<float>(state, {shuffle, deflate}, inputs); });
  add("unshuffle_2", unshuffle<std::uint16_t>);
  add("unshuffle_4", unshuffle<float>);
  add("unshuffle_8", unshuffle<double>);
  add("fletcher32", fletcher32);
}

}  // namespace tally

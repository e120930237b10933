// pack_input from every stored type, at the textbook's 784 inputs.
#include <benchmark/benchmark.h>

#include <cstddef>
#include <string>
#include <vector>

#include "bench_cases.hpp"
#include "kernels/panel_buffer.hpp"
#include "tests/kernels/pack_input.hpp"

namespace tally {
namespace {

constexpr Index inputs = 784;
constexpr Index count = 128;
constexpr Index panel = 16;
constexpr Index tiles = 8;
// The same byte throughout is an ordinary number in every type: no NaN, nothing subnormal.
constexpr std::byte filling{0x3C};

void pack(benchmark::State& state, StoredType type) {
  const Index tile_bytes = count * inputs * static_cast<Index>(size_of(type));
  const std::vector<std::byte> bytes(static_cast<std::size_t>(tiles * tile_bytes), filling);
  const StoredRows rows{bytes.data(), type, tiles * count, inputs};
  PanelBuffer packed(inputs * count);
  Index tile = 0;
  for ([[maybe_unused]] auto _ : state) {
    pack_input(rows, {1.0 / 255, 0.0}, tile * count, count, panel, packed.data());
    benchmark::ClobberMemory();
    tile = (tile + 1) % tiles;
  }
  state.SetBytesProcessed(state.iterations() * tile_bytes);
  state.counters["rows"] =
      benchmark::Counter(static_cast<double>(state.iterations() * count), benchmark::Counter::kIsRate);
}

}  // namespace

void register_input_cases() {
  constexpr StoredType types[] = {StoredType::uint8,   StoredType::int8,    StoredType::uint16, StoredType::int16,
                                  StoredType::uint32,  StoredType::int32,   StoredType::uint64, StoredType::int64,
                                  StoredType::float16, StoredType::float32, StoredType::float64};
  for (const StoredType type : types) {
    benchmark::RegisterBenchmark(("pack_input/" + std::string(name_of(type))).c_str(), pack, type);
  }
}

}  // namespace tally

#include "kernels/blocking.hpp"

#include <algorithm>

namespace tally {
namespace {

constexpr auto bytes_of_float = static_cast<Index>(sizeof(float));

/// Weights that share an L2 of 512 KiB to 2 MiB with the samples.
constexpr Index bytes_in_l2 = Index{512} << 10;

/// Weights that come from L3 as fast as they are used: one after the other, where prefetchers are at their best.
constexpr Index bytes_in_l3 = Index{8} << 20;

Index bytes_of_weights(const Layer& layer) { return layer.pieces() * layer.outputs * layer.inputs * bytes_of_float; }

Index round_up(Index value, Index step) { return (value + step - 1) / step * step; }

}  // namespace

Index panels_per_tile(const Model& model, const Microkernel& kernel) {
  Index weights = 0;
  Index widest = 0;
  for (const Layer& layer : model.layers) {
    weights += bytes_of_weights(layer);
    widest = std::max(widest, layer.pieces() * layer.outputs);
  }
  if (weights <= bytes_in_l2) return 1;
  // What leaves L2 for more panels comes back more slowly than weights come from L3; from memory they come slower
  // still.
  const Index rows = weights <= bytes_in_l3 ? 32 : 384;
  constexpr Index most_bytes = Index{32} << 20;
  const Index fitting = most_bytes / (2 * widest * kernel.panel() * bytes_of_float);
  return std::max<Index>(1, std::min(rows / kernel.panel(), fitting));
}

Index inputs_per_block(const Layer& layer, bool first, const Microkernel& kernel) {
  constexpr Index bytes_in_l1 = Index{20} << 10;  // beside the stored rows and the results, in 32 or 48 KiB
  const bool small = bytes_of_weights(layer) <= bytes_in_l2;
  const Index most = small && first ? bytes_in_l1 / ((kernel.panel() + kernel.units()) * bytes_of_float) : 512;
  const Index blocks = (layer.inputs + most - 1) / most;
  const Index even = (layer.inputs + blocks - 1) / blocks;
  return std::min(layer.inputs, first ? round_up(even, 16) : even);
}

}  // namespace tally

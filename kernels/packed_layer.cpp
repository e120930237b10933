#include "kernels/packed_layer.hpp"

#include <algorithm>

namespace tally {
namespace {

/// Weights of a block of inputs, tile by tile. Copies neighbouring units of a piece at once, a few inputs at a time, so
/// that what is read and what is written stays in cache lines that are used up soon.
class BlockPacking {
 public:
  BlockPacking(const Layer& layer, const Microkernel& kernel, Index first_input, Index inputs, Index stored_units)
      : layer_(layer), kernel_(kernel), first_(first_input), inputs_(inputs), stored_(stored_units) {}

  void pack(float* to) const {
    constexpr Index inputs_at_once = 8;
    for (Index j = 0; j < inputs_; j += inputs_at_once) pack_inputs(j, std::min(inputs_at_once, inputs_ - j), to);
  }

 private:
  /// Inputs [j, j + count) of the block.
  void pack_inputs(Index j, Index count, float* block) const {
    Index from = (first_ + j) * layer_.outputs;  // where the piece has the first of these inputs
    Index output = 0;
    Index left = layer_.pieces() * layer_.outputs;
    for (Index u = 0, tile = 0; u < stored_; u += tile) {
      tile = kernel_.units_of_tile(stored_ - u);
      float* const to = block + u * inputs_ + j * tile;
      Index l = 0;
      while (l < tile && left > 0) {
        const Index run = std::min(tile - l, layer_.outputs - output);
        for (Index i = 0; i < count; ++i) {
          std::copy_n(layer_.weights.data() + from + i * layer_.outputs + output, run, to + i * tile + l);
        }
        l += run;
        left -= run;
        output += run;
        if (output == layer_.outputs) {
          output = 0;
          from += layer_.inputs * layer_.outputs;
        }
      }
      // What pads the last tile.
      for (Index i = 0; i < count; ++i) std::fill_n(to + i * tile + l, tile - l, 0.0F);
    }
  }

  const Layer& layer_;
  const Microkernel& kernel_;
  Index first_;
  Index inputs_;
  Index stored_;
};

}  // namespace

PackedLayer::PackedLayer(const Layer& layer, const Microkernel& kernel, Index block)
    : inputs(layer.inputs),
      outputs(layer.outputs),
      inputs_per_block(block),
      activation(layer.activation),
      slopes(layer.slopes),
      bias(layer.bias) {
  const Index tile = kernel.units();
  const Index real = units();
  const Index stored = kernel.has_edges() ? real : (real + tile - 1) / tile * tile;
  bias.resize(static_cast<std::size_t>(stored), 0.0F);
  weights = PanelBuffer(stored * inputs, PanelBuffer::Contents::none);
  for (Index u = 0, units_of_tile = 0; u < stored; u += units_of_tile, ++tiles_) {
    units_of_tile = kernel.units_of_tile(stored - u);
    edge_units_ = units_of_tile == tile ? 0 : units_of_tile;
  }
  for (Index b = 0; b < blocks(); ++b) {
    BlockPacking(layer, kernel, b * block, inputs_of_block(b), stored).pack(weights.data() + b * block * stored);
  }
}

}  // namespace tally

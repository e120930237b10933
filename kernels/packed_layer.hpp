// One layer as the microkernel wants it.
#pragma once

#include <vector>

#include "kernels/activation.hpp"
#include "kernels/microkernel.hpp"
#include "kernels/model.hpp"
#include "kernels/panel_buffer.hpp"

namespace tally {

/// Weights by blocks of inputs (k), in each by tiles of units: [block][tile][inputs of the block][units of the tile],
/// which is the order in which they are used. The pieces of maxout are units: piece p of output l is unit
/// p * outputs + l.
struct PackedLayer {
  /// block: the inputs of every block but the last, which has the rest.
  PackedLayer(const Layer& layer, const Microkernel& kernel, Index block);

  Index blocks() const { return (inputs + inputs_per_block - 1) / inputs_per_block; }
  /// pieces * outputs.
  Index units() const { return activation.pieces * outputs; }
  /// Units that a panel of results has room for: those of the last tile, too, where it is padded.
  Index stored_units() const { return static_cast<Index>(bias.size()); }

  Index tiles() const { return tiles_; }
  /// Units of the last tile where that is for Microkernel::run_edge, else 0.
  Index edge_units() const { return edge_units_; }
  Index inputs_of_block(Index b) const {
    const Index left = inputs - b * inputs_per_block;
    return left < inputs_per_block ? left : inputs_per_block;
  }
  const float* weights_of_block(Index b) const { return weights.data() + b * inputs_per_block * stored_units(); }

  Index inputs;
  Index outputs;
  Index inputs_per_block;
  Activation activation;
  std::vector<float> slopes;
  std::vector<float> bias;  // [stored_units]
  PanelBuffer weights;

 private:
  Index tiles_ = 0;
  Index edge_units_ = 0;
};

}  // namespace tally

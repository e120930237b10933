#include "kernels/packed_layer.hpp"

#include <algorithm>

namespace tally {
namespace {

/// Weight of unit u (maxout: piece by piece) for input j.
float weight(const Layer& layer, Index j, Index u) {
  const Index piece = u / layer.outputs;
  const Index l = u % layer.outputs;
  return layer.weights[static_cast<std::size_t>((piece * layer.inputs + j) * layer.outputs + l)];
}

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
  weights = PanelBuffer(stored * inputs);
  float* to = weights.data();
  for (Index j0 = 0; j0 < inputs; j0 += block) {
    const Index j1 = std::min(inputs, j0 + block);
    tiles_ = 0;
    for (Index u0 = 0, u1 = 0; u0 < stored; u0 = u1, ++tiles_) {
      u1 = u0 + kernel.units_of_tile(stored - u0);
      for (Index j = j0; j < j1; ++j) {
        for (Index u = u0; u < u1; ++u) *to++ = u < real ? weight(layer, j, u) : 0.0F;
      }
    }
  }
}

}  // namespace tally

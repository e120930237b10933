// Every weight lies where the microkernel will look for it, and what pads the tiles is zero.
#include "kernels/packed_layer.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace tally {
namespace {

/// Weight w is the number w + 1: all different, none zero, exact.
Layer numbered_layer(Index inputs, Index outputs, int pieces) {
  Layer layer;
  layer.inputs = inputs;
  layer.outputs = outputs;
  layer.activation = {pieces > 1 ? ActivationKind::maxout : ActivationKind::relu, 0.0F, 0.0F, pieces};
  for (Index i = 0; i < pieces * inputs * outputs; ++i) layer.weights.push_back(static_cast<float>(i + 1));
  layer.bias.assign(static_cast<std::size_t>(pieces * outputs), 0.5F);
  return layer;
}

void expect_all_in_place(const Layer& layer, const Microkernel& kernel, Index block) {
  const PackedLayer packed(layer, kernel, block);
  ASSERT_GE(packed.stored_units(), packed.units());
  const auto number_of = [&](Index j, Index u) {
    const Index piece = u / layer.outputs;
    return static_cast<float>((piece * layer.inputs + j) * layer.outputs + u % layer.outputs + 1);
  };
  for (Index b = 0; b < packed.blocks(); ++b) {
    const float* at = packed.weights_of_block(b);
    Index tiles = 0;
    Index tile = 0;
    for (Index u0 = 0; u0 < packed.stored_units(); u0 += tile, ++tiles) {
      tile = kernel.units_of_tile(packed.stored_units() - u0);
      for (Index j = b * block; j < b * block + packed.inputs_of_block(b); ++j) {
        for (Index u = u0; u < u0 + tile; ++u) {
          ASSERT_EQ(*at++, u < packed.units() ? number_of(j, u) : 0.0F)
              << layer.inputs << " x " << layer.outputs << " x " << layer.pieces() << ", input " << j << ", unit " << u;
        }
      }
    }
    ASSERT_EQ(tiles, packed.tiles());
  }
  // What the kernels may read behind the last weight is a number, too.
  const float* const end = packed.weights.data() + packed.stored_units() * layer.inputs;
  for (Index i = 0; i < PanelBuffer::padding; ++i) ASSERT_EQ(end[i], 0.0F);
}

TEST(PackedLayer, EveryWeightIsInItsPlace) {
  const Microkernel kernel;
  std::mt19937_64 random(1);
  for (const int pieces : {1, 2, 5}) {
    for (const Index outputs : {1, 2, 3, 6, 11, 12, 13, 14, 24, 26, 50}) {
      for (const Index inputs : {1, 7, 8, 9, 16, 33, 100}) {
        const Index block = 1 + static_cast<Index>(random() % static_cast<std::uint64_t>(inputs));
        for (const Index inputs_per_block : {inputs, block}) {
          expect_all_in_place(numbered_layer(inputs, outputs, pieces), kernel, inputs_per_block);
          if (HasFatalFailure()) return;
        }
      }
    }
  }
}

}  // namespace
}  // namespace tally

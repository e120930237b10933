// The pieces of a network: of a size that exists, and no more memory than is said.
#include "kernels/blocking.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

namespace tally {
namespace {

/// Sizes alone; no weights.
Layer layer_of(Index inputs, Index outputs, int pieces = 1) {
  Layer layer;
  layer.inputs = inputs;
  layer.outputs = outputs;
  layer.activation = {pieces > 1 ? ActivationKind::maxout : ActivationKind::relu, 0.0F, 0.0F, pieces};
  return layer;
}

Index any_size(std::mt19937_64& random) {
  constexpr Index most[] = {4, 40, 1000, 30'000, 3'000'000};
  return 1 + static_cast<Index>(random() % static_cast<std::uint64_t>(most[random() % std::size(most)]));
}

TEST(Blocking, BlocksAreSomeOfTheInputsAndWholeSquaresOfTheFirstLayers) {
  const Microkernel kernel;
  std::mt19937_64 random(1);
  for (int repeat = 0; repeat < 5000; ++repeat) {
    const Layer layer = layer_of(any_size(random), any_size(random), 1 + static_cast<int>(random() % 3));
    for (const bool first : {true, false}) {
      const Index block = inputs_per_block(layer, first, kernel);
      ASSERT_GE(block, 1);
      ASSERT_LE(block, layer.inputs);
      ASSERT_LE(block, 1024) << "a block stays in a cache";
      if (first && block < layer.inputs) {
        ASSERT_EQ(block % 16, 0);
      }
    }
  }
}

TEST(Blocking, ATileHasAPanelAndItsActivationsABound) {
  const Microkernel kernel;
  std::mt19937_64 random(2);
  for (int repeat = 0; repeat < 5000; ++repeat) {
    Model model;
    Index widest = 0;  // of the results: the network's input is packed block by block
    Index inputs = any_size(random);
    for (std::uint64_t depth = 1 + random() % 5; depth > 0; --depth) {
      model.layers.push_back(layer_of(inputs, any_size(random), 1 + static_cast<int>(random() % 3)));
      inputs = model.layers.back().outputs;
      widest = std::max(widest, inputs * model.layers.back().pieces());
    }
    const Index panels = panels_per_tile(model, kernel);
    ASSERT_GE(panels, 1);
    if (panels > 1) {
      ASSERT_LE(2 * panels * kernel.panel() * widest * static_cast<Index>(sizeof(float)), Index{32} << 20);
    }
  }
}

TEST(Blocking, ManyInputsMakeNoTileSmall) {
  const Microkernel kernel;
  Model few;
  few.layers = {layer_of(2000, 1024, 1), layer_of(1024, 1024, 1), layer_of(1024, 10, 1)};
  Model many = few;
  many.layers.front() = layer_of(1000000, 1024, 1);
  EXPECT_GE(panels_per_tile(many, kernel), panels_per_tile(few, kernel));
}

}  // namespace
}  // namespace tally

// The forward pass against a naive twin in double, and its bits wherever a sample stands.
#include "kernels/network.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <memory>
#include <random>
#include <vector>

#include "tests/kernels/random_network.hpp"
#include "tests/kernels/reference_network.hpp"

namespace tally {
namespace {

using Bits = std::vector<std::uint32_t>;

/// Logits of rows [first, first + count), as bits, sample by sample.
std::vector<Bits> logit_bits(const Network& network, const StoredRows& rows, Index first, Index count,
                             Network::Workspace& workspace) {
  const Logits logits = network.forward(rows, {}, first, count, workspace);
  std::vector<Bits> samples(static_cast<std::size_t>(count));
  for (Index i = 0; i < count; ++i) {
    for (Index k = 0; k < network.outputs(); ++k) {
      samples[static_cast<std::size_t>(i)].push_back(std::bit_cast<std::uint32_t>(logits.at(i, k)));
    }
  }
  return samples;
}

void expect_twin(const Model& model, RandomRows& rows, Index count) {
  const Network network(model);
  Network::Workspace workspace(network);
  for (Index first = 0; first < count; first += network.tile_rows()) {
    const Index here = std::min(network.tile_rows(), count - first);
    const Logits logits = network.forward(rows.stored(), {}, first, here, workspace);
    for (Index i = 0; i < here; ++i) {
      const reference::Logits expected = reference::forward(model, rows.row(first + i));
      for (Index k = 0; k < model.outputs(); ++k) {
        const auto at = static_cast<std::size_t>(k);
        ASSERT_LE(std::abs(static_cast<double>(logits.at(i, k)) - expected.value[at]), expected.bound[at])
            << shape_string(model) << " " << activations_string(model) << " sample " << first + i << " logit " << k;
      }
    }
  }
}

class NetworkActivation : public testing::TestWithParam<ActivationKind> {};

TEST_P(NetworkActivation, AgreesWithItsTwin) {
  std::mt19937_64 random(static_cast<std::uint64_t>(GetParam()));
  const std::vector<std::vector<Index>> shapes = {
      {4, 3}, {1, 1, 2}, {28, 30, 30, 2}, {300, 77, 10}, {5, 1, 9, 4, 3, 6}, {17, 100, 100, 5}, {784, 50, 100, 10}};
  for (const auto& widths : shapes) {
    const Model model = random_model(random, widths, default_activation(GetParam()), ActivationKind::softmax);
    RandomRows rows(random, 20, model.inputs());
    expect_twin(model, rows, 20);
    if (HasFatalFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Hidden, NetworkActivation,
                         testing::Values(ActivationKind::identity, ActivationKind::step, ActivationKind::sigmoid,
                                         ActivationKind::relu, ActivationKind::leaky_relu, ActivationKind::prelu,
                                         ActivationKind::elu, ActivationKind::selu, ActivationKind::tanh,
                                         ActivationKind::maxout, ActivationKind::gelu, ActivationKind::gelu_tanh,
                                         ActivationKind::silu, ActivationKind::softplus, ActivationKind::softsign,
                                         ActivationKind::hard_sigmoid, ActivationKind::relu6),
                         [](const testing::TestParamInfo<ActivationKind>& kind) { return to_string(kind.param); });

TEST(Network, MaxoutOfOneToFivePieces) {
  std::mt19937_64 random(2);
  for (int pieces = 1; pieces <= 5; ++pieces) {
    for (const Index width : {1, 6, 23}) {
      const Activation maxout{ActivationKind::maxout, 0.0F, 0.0F, pieces};
      const Model model = random_model(random, {9, width, width + 2, 3}, maxout, ActivationKind::identity);
      RandomRows rows(random, 33, 9);
      expect_twin(model, rows, 33);
      if (HasFatalFailure()) return;
    }
  }
}

TEST(Network, ActivationsAndParametersMayDifferByLayer) {
  std::mt19937_64 random(3);
  Model model = random_model(random, {12, 20, 21, 22, 23, 4}, default_activation(ActivationKind::identity),
                             ActivationKind::sigmoid);
  model.layers[0].activation = {ActivationKind::leaky_relu, -0.5F, 0.0F, 1};
  model.layers[1].activation = {ActivationKind::elu, 2.5F, 0.0F, 1};
  model.layers[2].activation = {ActivationKind::hard_sigmoid, 0.2F, 0.5F, 1};
  model.layers[3].activation = {ActivationKind::prelu, 3.0F, 0.0F, 1};  // one slope for all units
  RandomRows rows(random, 40, 12);
  expect_twin(model, rows, 40);
}

TEST(Network, RandomShapes) {
  std::mt19937_64 random(4);
  for (int i = 0; i < 60; ++i) {
    std::vector<Index> widths(2 + random() % 5);
    for (Index& width : widths) width = 1 + static_cast<Index>(random() % (i % 4 == 0 ? 300 : 40));
    const auto kind = static_cast<ActivationKind>(random() % static_cast<unsigned>(ActivationKind::softmax));
    const Model model = random_model(random, widths, default_activation(kind), ActivationKind::identity);
    const Index count = 1 + static_cast<Index>(random() % 8);
    RandomRows rows(random, count, model.inputs());
    expect_twin(model, rows, count);
    if (HasFatalFailure()) return;
  }
}

/// Alone, in a full tile, in the middle of a part of one: the same bits, with a used workspace too.
TEST(Network, TheBitsOfASampleDoNotDependOnWhereItStands) {
  std::mt19937_64 random(5);
  const Activation maxout{ActivationKind::maxout, 0.0F, 0.0F, 3};
  for (const Activation& hidden :
       {default_activation(ActivationKind::sigmoid), default_activation(ActivationKind::prelu), maxout}) {
    const Model model = random_model(random, {300, 50, 100, 10}, hidden, ActivationKind::softmax);
    const Network network(model);
    Network::Workspace workspace(network);
    const Index total = 2 * network.tile_rows() + 5;
    RandomRows rows(random, total, 300);
    std::vector<Bits> alone;
    for (Index i = 0; i < total; ++i) alone.push_back(logit_bits(network, rows.stored(), i, 1, workspace)[0]);
    for (Index count = 1; count <= network.tile_rows(); ++count) {
      const auto first = static_cast<Index>(random() % static_cast<std::uint64_t>(total - count + 1));
      const auto tile = logit_bits(network, rows.stored(), first, count, workspace);
      for (Index i = 0; i < count; ++i) {
        ASSERT_EQ(tile[static_cast<std::size_t>(i)], alone[static_cast<std::size_t>(first + i)])
            << "row " << first + i << " in a tile of " << count;
      }
    }
  }
}

TEST(Network, ANanInOneRowLeavesTheOthersAlone) {
  std::mt19937_64 random(6);
  for (const float bad : {std::nanf(""), HUGE_VALF, -HUGE_VALF}) {
    const Model model =
        random_model(random, {50, 60, 10}, default_activation(ActivationKind::relu), ActivationKind::softmax);
    const Network network(model);
    Network::Workspace workspace(network);
    const Index count = network.tile_rows();
    RandomRows rows(random, count, 50);
    const auto clean = logit_bits(network, rows.stored(), 0, count, workspace);
    for (const Index row : {Index{0}, count / 2, count - 1}) {
      const float before = rows.row(row)[7];
      rows.row(row)[7] = bad;
      auto dirty = logit_bits(network, rows.stored(), 0, count, workspace);
      EXPECT_NE(dirty[static_cast<std::size_t>(row)], clean[static_cast<std::size_t>(row)]);
      if (std::isnan(bad)) {
        for (const std::uint32_t bits : dirty[static_cast<std::size_t>(row)]) {
          EXPECT_TRUE(std::isnan(std::bit_cast<float>(bits)));
        }
      }
      dirty[static_cast<std::size_t>(row)] = clean[static_cast<std::size_t>(row)];
      EXPECT_EQ(dirty, clean);
      rows.row(row)[7] = before;
      EXPECT_EQ(logit_bits(network, rows.stored(), 0, count, workspace), clean);  // nothing is left in the workspace
    }
  }
}

TEST(Network, AppliesTheInputTransform) {
  std::mt19937_64 random(7);
  const Model model =
      random_model(random, {6, 8, 3}, default_activation(ActivationKind::tanh), ActivationKind::softmax);
  const Network network(model);
  Network::Workspace workspace(network);
  std::vector<std::uint8_t> stored(12);
  for (std::uint8_t& x : stored) x = static_cast<std::uint8_t>(random());
  const StoredRows rows{reinterpret_cast<const std::byte*>(stored.data()), StoredType::uint8, 2, 6};
  const InputTransform transform{1.0 / 255.0, -0.5};
  const Logits logits = network.forward(rows, transform, 0, 2, workspace);
  for (Index i = 0; i < 2; ++i) {
    std::vector<float> input;
    for (Index j = 0; j < 6; ++j) input.push_back(reference::input(rows, transform, i, j));
    const reference::Logits expected = reference::forward(model, input);
    for (Index k = 0; k < 3; ++k) {
      const auto at = static_cast<std::size_t>(k);
      EXPECT_LE(std::abs(static_cast<double>(logits.at(i, k)) - expected.value[at]), expected.bound[at]);
    }
  }
}

TEST(Network, RefusesAModelThatCannotRun) {
  std::mt19937_64 random(8);
  Model model = random_model(random, {6, 8, 3}, default_activation(ActivationKind::relu), ActivationKind::softmax);
  model.layers[1].inputs = 7;
  EXPECT_THROW(Network{model}, Error);
  EXPECT_THROW(Network{Model{}}, Error);
}

TEST(Network, OneUnitMeansTwoClasses) {
  std::mt19937_64 random(9);
  const Network one(random_model(random, {3, 1}, {}, ActivationKind::sigmoid));
  EXPECT_EQ(one.outputs(), 1);
  EXPECT_EQ(one.classes(), 2);
  const Network four(random_model(random, {3, 4}, {}, ActivationKind::softmax));
  EXPECT_EQ(four.classes(), 4);
  EXPECT_EQ(four.output(), ActivationKind::softmax);
}

TEST(PanelBuffer, StartsOnACacheLine) {
  for (const Index count : {0, 1, 15, 16, 17, 1000}) {
    const PanelBuffer buffer(count);
    EXPECT_EQ(std::bit_cast<std::uintptr_t>(buffer.data()) % 64, 0U);
  }
}

TEST(PanelBuffer, IsZeroAtFirstAndItsPaddingInAnyCase) {
  for (const Index count : {0, 1, 15, 16, 17, 1000}) {
    for (const PanelBuffer::Contents contents : {PanelBuffer::Contents::zeros, PanelBuffer::Contents::none}) {
      // Memory that was used before.
      std::make_unique<std::vector<float>>(static_cast<std::size_t>(count + PanelBuffer::padding), 1.0F).reset();
      PanelBuffer buffer(count, contents);
      for (Index i = contents == PanelBuffer::Contents::zeros ? 0 : count; i < count + PanelBuffer::padding; ++i) {
        ASSERT_EQ(buffer.data()[i], 0.0F) << count << ", element " << i;
      }
    }
  }
}

}  // namespace
}  // namespace tally

// Layers that no cache holds, cut into several blocks of inputs, against a naive twin in double.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

#include "kernels/blocking.hpp"
#include "kernels/microkernel.hpp"
#include "kernels/network.hpp"
#include "tests/kernels/random_network.hpp"
#include "tests/kernels/reference_network.hpp"

namespace tally {
namespace {

class LargeNetwork : public testing::TestWithParam<std::vector<Index>> {};

TEST_P(LargeNetwork, AgreesWithItsTwin) {
  std::mt19937_64 random(1);
  const Model model =
      random_model(random, GetParam(), default_activation(ActivationKind::tanh), ActivationKind::softmax);
  ASSERT_TRUE(std::any_of(model.layers.begin(), model.layers.end(), [&](const Layer& layer) {
    return 2 * inputs_per_block(layer, &layer == &model.layers.front(), Microkernel()) < layer.inputs;
  }));
  const Network network(model, 3);
  Network::Workspace workspace(network);
  const Index count = network.tile_rows();
  RandomRows rows(random, count, model.inputs());
  const Logits logits = network.forward(rows.stored(), {}, 0, count, workspace);
  for (const Index i : {Index{0}, count - 1}) {
    const reference::Logits expected = reference::forward(model, rows.row(i));
    for (Index k = 0; k < model.outputs(); ++k) {
      const auto at = static_cast<std::size_t>(k);
      ASSERT_LE(std::abs(static_cast<double>(logits.at(i, k)) - expected.value[at]), expected.bound[at]);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Shapes, LargeNetwork,
                         testing::Values(std::vector<Index>{1500, 2100, 7}, std::vector<Index>{3001, 9, 2},
                                         std::vector<Index>{6, 1801, 601, 3}),
                         [](const auto& shape) { return "First" + std::to_string(shape.param.front()); });

/// Outputs that are sums of k integers, exact at any k: a block that is left out, or taken twice, is seen.
TEST(LargeNetwork, SumsOfEveryLength) {
  std::vector<Index> lengths = {511, 512, 513, 1023, 1024, 1025, 1537, 2049};
  for (Index k = 1; k < 50; ++k) lengths.push_back(k);
  for (Index k = 50; k < 1200; k += 13) lengths.push_back(k);
  for (const Index k : lengths) {
    for (const bool first_layer : {true, false}) {
      // Input j is j mod 5: of a second layer, as the bias of identity units of weight 0.
      std::vector<float> row;
      for (Index j = 0; j < k; ++j) row.push_back(static_cast<float>(j % 5));
      Model model;
      if (!first_layer) {
        Layer constants;
        constants.inputs = 1;
        constants.outputs = k;
        constants.weights.assign(static_cast<std::size_t>(k), 0.0F);
        constants.bias = row;
        model.layers.push_back(constants);
        row = {1.0F};
      }
      Layer sum;
      sum.inputs = k;
      sum.outputs = 2;
      Index expected = 3;
      Index weighted = 4;
      for (Index j = 0; j < k; ++j) {
        sum.weights.push_back(1.0F);
        sum.weights.push_back(static_cast<float>(j % 100));
        expected += j % 5;
        weighted += j % 5 * (j % 100);
      }
      sum.bias = {3.0F, 4.0F};
      model.layers.push_back(sum);
      model.layers.back().activation = default_activation(ActivationKind::identity);
      const Network network(model);
      Network::Workspace workspace(network);
      const Logits logits =
          network.forward({reinterpret_cast<const std::byte*>(row.data()), StoredType::float32, 1, model.inputs()}, {},
                          0, 1, workspace);
      // Integers below 2^24: exact.
      ASSERT_EQ(logits.at(0, 0), static_cast<float>(expected)) << k;
      ASSERT_EQ(logits.at(0, 1), static_cast<float>(weighted)) << k;
    }
  }
}

}  // namespace
}  // namespace tally

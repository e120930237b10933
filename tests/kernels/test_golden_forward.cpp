// Logits and counts with the same bits on every machine: a fingerprint, as in test_golden_bits.cpp. Only for a build
// without BLIS, whose kernels split sums differently from CPU to CPU.
#include <gtest/gtest.h>

#include <algorithm>
#include <iterator>
#include <string>
#include <vector>

#include "kernels/evaluate.hpp"
#include "kernels/network.hpp"
#include "tests/kernels/golden_bits.hpp"

namespace tally {
namespace {

constexpr Index rows = 75;
constexpr Index inputs = 300;  // two blocks

Model golden_model(const std::string& hidden) {
  const Index widths[] = {inputs, 50, 43, 10};
  GoldenNumbers numbers(6);
  Model model;
  for (std::size_t i = 0; i + 1 < std::size(widths); ++i) {
    Layer layer;
    layer.inputs = widths[i];
    layer.outputs = widths[i + 1];
    layer.activation = parse_activation(i + 2 < std::size(widths) ? hidden : "softmax");
    layer.weights.resize(static_cast<std::size_t>(layer.pieces() * layer.inputs * layer.outputs));
    numbers.fill(layer.weights, 1.0F / 16);
    layer.bias.resize(static_cast<std::size_t>(layer.pieces() * layer.outputs));
    numbers.fill(layer.bias);
    model.layers.push_back(std::move(layer));
  }
  return model;
}

class GoldenForward : public VectorIsaTest {};

TEST_F(GoldenForward, LogitsAndCounts) {
  struct Case {
    const char* hidden;
    std::uint64_t fingerprint;
  };
  const Case table[] = {{"sigmoid", 0x7dac4220ec34cd26U},
                        {"relu", 0xfa802a13f276f06dU},
                        {"gelu", 0x409707a4ef5facc4U},
                        {"elu:0.5", 0x18182e37c58bbd53U},
                        {"maxout:2", 0xaeeb8ff7bad4dad9U}};
  GoldenNumbers numbers(7);
  std::vector<float> values(static_cast<std::size_t>(rows * inputs));
  numbers.fill(values);
  const StoredRows data{reinterpret_cast<const std::byte*>(values.data()), StoredType::float32, rows, inputs};
  const InputTransform transform{0.5, 0.125};
  std::vector<Index> labels;
  for (Index i = 0; i < rows; ++i) labels.push_back(i % 10);
  for (const Case& one : table) {
    for (const VectorIsa isa : vector_isas_here()) {
      use_vector_isa(isa);
      const Network network(golden_model(one.hidden));
      Network::Workspace workspace(network);
      Fingerprint fingerprint;
      for (Index first = 0; first < rows; first += network.tile_rows()) {
        const Index count = std::min(network.tile_rows(), rows - first);
        const Logits logits = network.forward(data, transform, first, count, workspace);
        for (Index i = 0; i < count; ++i) {
          for (Index k = 0; k < network.outputs(); ++k) fingerprint.add(logits.at(i, k));
        }
      }
      const Counts counts = evaluate_rows(network, data, transform, labels, 2, {});
      fingerprint.add(counts.correct);
      fingerprint.add(counts.cross_entropy.value());
      expect_golden(fingerprint, one.fingerprint,
                    std::string("a network of ") + one.hidden + " on " + std::string(name_of(isa)));
    }
  }
}

}  // namespace
}  // namespace tally

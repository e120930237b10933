#include "kernels/network.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include "kernels/blis.hpp"

namespace tally {
namespace {

constexpr std::size_t alignment = 64;

/// [pieces][inputs][outputs] -> [pieces][outputs][inputs].
PanelBuffer transpose_weights(const Layer& layer) {
  const Index pieces = layer.pieces();
  PanelBuffer packed(pieces * layer.outputs * layer.inputs);
  const float* from = layer.weights.data();
  float* to = packed.data();
  for (Index p = 0; p < pieces; ++p) {
    for (Index j = 0; j < layer.inputs; ++j) {
      for (Index l = 0; l < layer.outputs; ++l) to[l * layer.inputs + j] = from[j * layer.outputs + l];
    }
    from += layer.inputs * layer.outputs;
    to += layer.inputs * layer.outputs;
  }
  return packed;
}

/// z[l] = max over pieces p of a[p * outputs + l], for each of `count` samples; NaN in any piece wins.
void take_maximum(Index pieces, Index outputs, float* a, Index count, Index ld) {
  for (Index p = 1; p < pieces; ++p) {
    for (Index l = 0; l < outputs; ++l) {
      float* best = a + l * ld;
      const float* other = a + (p * outputs + l) * ld;
      // Two comparisons that a NaN fails: a NaN in `best` stays, one in `other` is taken.
      for (Index i = 0; i < count; ++i) best[i] = best[i] >= other[i] || best[i] != best[i] ? best[i] : other[i];
    }
  }
}

}  // namespace

PanelBuffer::PanelBuffer(Index count) {
  const std::size_t bytes = static_cast<std::size_t>(count) * sizeof(float) + alignment;
  const std::size_t rounded = (bytes + alignment - 1) / alignment * alignment;
  void* memory = std::aligned_alloc(alignment, rounded);
  if (memory == nullptr) throw std::bad_alloc();
  std::memset(memory, 0, rounded);  // what lies past the end is read by vector loads, though never used
  data_.reset(static_cast<float*>(memory));
}

void PanelBuffer::Free::operator()(float* p) const { std::free(p); }

Network::Workspace::Workspace(const Network& network)
    : front_(network.widest_ * tile_rows), back_(network.widest_ * tile_rows) {}

Network::Network(const Model& model) {
  check_model(model);
  inputs_ = model.inputs();
  outputs_ = model.outputs();
  output_ = model.layers.back().activation.kind;
  widest_ = inputs_;
  layers_.reserve(model.layers.size());
  for (const Layer& layer : model.layers) {
    widest_ = std::max(widest_, layer.pieces() * layer.outputs);
    layers_.push_back(
        {layer.inputs, layer.outputs, layer.activation, layer.slopes, transpose_weights(layer), layer.bias});
  }
}

void Network::run_layer(const PackedLayer& layer, bool last, const float* in, float* out, Index count) const {
  const Index pieces = layer.activation.pieces;
  const Index units = pieces * layer.outputs;
  for (Index l = 0; l < units; ++l) {
    std::fill_n(out + l * tile_rows, count, layer.bias[static_cast<std::size_t>(l)]);
  }
  sgemm_add(units, count, layer.inputs, layer.weights.data(), layer.inputs, in, tile_rows, out, tile_rows);
  if (last) return;
  if (layer.activation.kind == ActivationKind::maxout)
    return take_maximum(pieces, layer.outputs, out, count, tile_rows);
  Activation activation = layer.activation;
  for (Index l = 0; l < units; ++l) {
    if (!layer.slopes.empty()) activation.alpha = layer.slopes[static_cast<std::size_t>(l)];
    apply_activation(activation, out + l * tile_rows, count);
  }
}

const float* Network::forward(const StoredRows& rows, const InputTransform& transform, Index first, Index count,
                              Workspace& workspace) const {
  float* in = workspace.front_.data();
  float* out = workspace.back_.data();
  pack_input(rows, transform, first, count, in, tile_rows);
  for (const PackedLayer& layer : layers_) {
    run_layer(layer, &layer == &layers_.back(), in, out, count);
    std::swap(in, out);
  }
  return in;
}

}  // namespace tally

#include "kernels/network.hpp"

#include <algorithm>

#include "kernels/blocking.hpp"
#include "kernels/layer_run.hpp"

namespace tally {

Network::Workspace::Workspace(const Network& network)
    : input_(network.layers_.front().inputs_per_block * network.tile_rows()),
      even_(network.widest_result(0) * network.tile_rows()),
      odd_(network.widest_result(1) * network.tile_rows()),
      rows_(static_cast<std::size_t>(network.tile_rows())) {}

Network::Network(const Model& model, Index tile_panels) {
  check_model(model);
  inputs_ = model.inputs();
  outputs_ = model.outputs();
  output_ = model.layers.back().activation.kind;
  tile_panels_ = tile_panels > 0 ? tile_panels : panels_per_tile(model, kernel_);
  layers_.reserve(model.layers.size());
  for (const Layer& layer : model.layers) {
    const PackedLayer& packed = layers_.emplace_back(layer, kernel_, inputs_per_block(layer, layers_.empty(), kernel_));
    products_ += packed.blocks() * (packed.tiles() - (packed.edge_units() > 0 ? 1 : 0));
  }
  // Worth it where the kernel that asks on its way runs for a good part of the time; a few lines at once do no harm.
  const PackedLayer& first = layers_.front();
  if (8 * first.edge_units() >= first.units()) smooth_lines_ = Microkernel::edge_lines_per_input * first.inputs;
}

Index Network::widest_result(std::size_t first) const {
  Index widest = 0;
  for (std::size_t l = first; l < layers_.size(); l += 2) widest = std::max(widest, layers_[l].stored_units());
  return widest;
}

void Network::run_first_layer(LayerRun& run, const StoredRows& rows, const InputTransform& transform, Index panels,
                              Workspace& workspace, PhaseClock* clock, SpreadPrefetch& rows_ahead) const {
  const PackedLayer& layer = layers_.front();
  const Index panel = kernel_.panel();
  float* const input = workspace.input_.data();
  // The packed block is used while it is in L1 and then overwritten by the next one: it never goes to memory.
  for (Index b = 0; b < layer.blocks(); ++b) {
    if (clock != nullptr) clock->enter(Phase::pack);
    const Index k = layer.inputs_of_block(b);
    for (Index p = 0; p < panels; ++p) {
      vector_kernels().pack({&workspace.rows_[static_cast<std::size_t>(p * panel)], rows.type,
                             b * layer.inputs_per_block, k, panel, input + p * k * panel, transform});
    }
    if (clock != nullptr) clock->enter(Phase::gemm);
    run.add_block(b, input, k * panel, rows_ahead);
  }
}

Logits Network::forward(const StoredRows& rows, const InputTransform& transform, Index first, Index count,
                        Workspace& workspace, const ForwardHints& hints) const {
  const Index panel = kernel_.panel();
  const Index panels = (count + panel - 1) / panel;
  lane_rows(rows, first, count, panel, workspace.rows_.data());
  SpreadPrefetch rows_ahead;
  if (!hints.next_rows.empty()) {
    rows_ahead =
        SpreadPrefetch(hints.next_rows.data(), std::ssize(hints.next_rows), products_ * panels, smooth_lines_ * panels);
  }
  const float* in = nullptr;
  Index in_stride = 0;
  float* out = workspace.even_.data();
  float* other = workspace.odd_.data();
  for (const PackedLayer& layer : layers_) {
    if (hints.clock != nullptr) hints.clock->enter(Phase::gemm);
    LayerRun run(layer, &layer != &layers_.back(), kernel_, out, panels, hints.clock);
    run.set_bias();
    if (&layer == &layers_.front()) {
      run_first_layer(run, rows, transform, panels, workspace, hints.clock, rows_ahead);
    } else {
      for (Index b = 0; b < layer.blocks(); ++b) {
        run.add_block(b, in + b * layer.inputs_per_block * panel, in_stride, rows_ahead);
      }
    }
    in = out;
    in_stride = layer.stored_units() * panel;
    std::swap(out, other);
  }
  return {in, panel, in_stride};
}

}  // namespace tally

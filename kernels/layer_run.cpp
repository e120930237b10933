#include "kernels/layer_run.hpp"

#include <algorithm>

namespace tally {
namespace {

/// Weights beyond this come from memory, where no hardware prefetcher runs far enough ahead of a microkernel call.
constexpr Index bytes_of_far_weights = Index{8} << 20;

/// Results beyond this have left L1 and most of L2 when their next block of inputs comes.
constexpr Index bytes_of_far_results = Index{512} << 10;

constexpr auto bytes_of_float = static_cast<Index>(sizeof(float));

}  // namespace

LayerRun::LayerRun(const PackedLayer& layer, bool hidden, const Microkernel& kernel, float* out, Index panels,
                   PhaseClock* clock)
    : layer_(layer),
      kernel_(kernel),
      vector_(vector_kernels()),
      hidden_(hidden),
      out_(out),
      stride_(layer.stored_units() * kernel.panel()),
      panels_(panels),
      clock_(clock) {}

void LayerRun::set_bias() {
  for (Index p = 0; p < panels_; ++p) {
    vector_.fill_rows(layer_.bias.data(), layer_.stored_units(), kernel_.panel(), tile(0, p));
  }
}

void LayerRun::add_block(Index b, const float* in, Index in_stride, SpreadPrefetch& rows_ahead) {
  const Index k = layer_.inputs_of_block(b);
  const Index stored = layer_.stored_units();
  const bool last = b + 1 == layer_.blocks();
  const bool far_weights = stored * layer_.inputs * bytes_of_float > bytes_of_far_weights;
  const bool far_results = panels_ * stored * kernel_.panel() * bytes_of_float > bytes_of_far_results;
  const float* w = layer_.weights_of_block(b);
  Index units = 0;
  for (Index u = 0; u < stored; u += units) {
    units = kernel_.units_of_tile(stored - u);
    const float* const next_w = w + units * k;
    SpreadPrefetch weights_ahead;
    if (far_weights)
      weights_ahead = SpreadPrefetch(next_w, kernel_.units_of_tile(stored - u - units) * k * bytes_of_float, panels_);
    for (Index p = 0; p < panels_; ++p) {
      const float* const x = in + p * in_stride;
      const bool last_panel = p + 1 == panels_;
      weights_ahead.advance();
      if (far_results) {
        prefetch_near(last_panel ? tile(u + units, 0) : tile(u, p + 1), kernel_.units() * kernel_.panel());
      }
      if (units == kernel_.units()) {
        rows_ahead.advance();
        kernel_.run(k, w, x, tile(u, p), last_panel ? next_w : w, last_panel ? in : x + in_stride);
      } else {
        kernel_.run_edge(units, k, w, x, tile(u, p), rows_ahead.take(Microkernel::edge_lines_per_input * k));
      }
      if (last && hidden_) activate(u, std::min(units, layer_.units() - u), tile(u, p));
    }
    w = next_w;
  }
  if (last && hidden_ && layer_.activation.kind == ActivationKind::maxout) take_maximum();
}

void LayerRun::activate(Index u, Index units, float* c) {
  if (layer_.activation.kind == ActivationKind::maxout || layer_.activation.kind == ActivationKind::identity) return;
  if (clock_ != nullptr) clock_->enter(Phase::activation);
  const Index panel = kernel_.panel();
  if (layer_.slopes.empty()) {
    vector_.activate(layer_.activation, c, units * panel);
  } else {
    Activation activation = layer_.activation;
    for (Index l = 0; l < units; ++l) {
      activation.alpha = layer_.slopes[static_cast<std::size_t>(u + l)];
      vector_.activate(activation, c + l * panel, panel);
    }
  }
  if (clock_ != nullptr) clock_->enter(Phase::gemm);
}

void LayerRun::take_maximum() {
  if (clock_ != nullptr) clock_->enter(Phase::activation);
  const Index size = layer_.outputs * kernel_.panel();
  for (Index p = 0; p < panels_; ++p) {
    float* const z = tile(0, p);
    for (Index piece = 1; piece < layer_.activation.pieces; ++piece) vector_.take_larger(z + piece * size, z, size);
  }
  if (clock_ != nullptr) clock_->enter(Phase::gemm);
}

}  // namespace tally

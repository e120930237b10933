// One layer on the panels of one tile.
#pragma once

#include "kernels/microkernel.hpp"
#include "kernels/packed_layer.hpp"
#include "kernels/phase_clock.hpp"
#include "kernels/prefetch.hpp"
#include "kernels/vector/kernels.hpp"

namespace tally {

/// Bias, products and epilogue of one layer. Results are panels [stored units][panel] from `out` on: pre-activations
/// for the last layer, else activations, which are the next layer's packed operand as they are.
class LayerRun {
 public:
  LayerRun(const PackedLayer& layer, bool hidden, const Microkernel& kernel, float* out, Index panels,
           PhaseClock* clock);

  /// Sets the results to the bias. (One store per element; added in the epilogue it would cost a load as well, and the
  /// last layer has no epilogue.)
  void set_bias();

  /// Adds the products of block b with its inputs, which for panel p are [inputs of the block][panel] at in + p *
  /// in_stride; the last block's results go through the activation tile by tile, while they are in L1.
  /// rows_ahead advances with every product.
  void add_block(Index b, const float* in, Index in_stride, SpreadPrefetch& rows_ahead);

 private:
  void activate(Index u, Index units, float* c);
  void take_maximum();
  float* tile(Index u, Index p) const { return out_ + p * stride_ + u * kernel_.panel(); }

  const PackedLayer& layer_;
  const Microkernel& kernel_;
  const VectorKernels& vector_;
  bool hidden_;
  float* out_;
  Index stride_;
  Index panels_;
  PhaseClock* clock_;
};

}  // namespace tally

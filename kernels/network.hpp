// A network ready to run: weights packed once, a forward pass over a tile of rows.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "kernels/activation.hpp"
#include "kernels/input.hpp"
#include "kernels/microkernel.hpp"
#include "kernels/model.hpp"
#include "kernels/packed_layer.hpp"
#include "kernels/panel_buffer.hpp"
#include "kernels/phase_clock.hpp"
#include "kernels/types.hpp"

namespace tally {

class LayerRun;
class SpreadPrefetch;

/// The logits of a tile, panel by panel: logit k of the tile's row i is data[i / panel * stride + k * panel + i %
/// panel].
struct Logits {
  const float* data = nullptr;
  Index panel = 0;
  Index stride = 0;

  float at(Index i, Index k) const { return data[i / panel * stride + k * panel + i % panel]; }
};

/// What `forward` may do beside its work.
struct ForwardHints {
  /// The rows that the same thread will ask for next, to be brought into the cache meanwhile; empty: none.
  std::span<const std::byte> next_rows;
  /// Where the time goes; null where nobody asks.
  PhaseClock* clock = nullptr;
};

/// Immutable after construction; any number of threads may run it, each with a Workspace of its own.
class Network {
 public:
  /// Scratch of one thread: the panels of two layers' results, in turn, and a block of the packed input.
  class Workspace {
   public:
    explicit Workspace(const Network& network);

   private:
    friend class Network;
    PanelBuffer input_;
    PanelBuffer even_;  // results of layers 0, 2, 4 ...
    PanelBuffer odd_;
    std::vector<const std::byte*> rows_;
  };

  /// Packs the model for the BLIS configuration in use. Throws Error where check_model does. tile_panels: panels that a
  /// thread takes through the network together; 0: as many as panels_per_tile says. No bit depends on it.
  explicit Network(const Model& model, Index tile_panels = 0);

  Index inputs() const { return inputs_; }
  /// Units of the last layer, K.
  Index outputs() const { return outputs_; }
  /// Classes that labels name: K, or 2 for K = 1.
  Index classes() const { return outputs_ == 1 ? 2 : outputs_; }
  /// softmax, identity or sigmoid.
  ActivationKind output() const { return output_; }
  /// Rows of a panel: logits come panel by panel.
  Index panel() const { return kernel_.panel(); }
  /// Rows that one thread takes through the whole network at a time.
  Index tile_rows() const { return tile_panels_ * kernel_.panel(); }

  /// The forward pass of rows [first, first + count) of `rows`, up to and without the output activation. The logits are
  /// valid until the workspace is used again. A sample's logits do not depend on its neighbours, its position, nor on
  /// count. Preconditions: rows.inputs == inputs(), 1 <= count <= tile_rows(), the rows exist.
  Logits forward(const StoredRows& rows, const InputTransform& transform, Index first, Index count,
                 Workspace& workspace, const ForwardHints& hints = {}) const;

 private:
  void run_first_layer(LayerRun& run, const StoredRows& rows, const InputTransform& transform, Index panels,
                       Workspace& workspace, PhaseClock* clock, SpreadPrefetch& rows_ahead) const;

  /// Units of the widest of layers first, first + 2, ..., as stored.
  Index widest_result(std::size_t first) const;

  Microkernel kernel_;
  std::vector<PackedLayer> layers_;
  Index inputs_ = 0;
  Index outputs_ = 0;
  Index tile_panels_ = 1;   // panels of a tile
  Index products_ = 0;      // calls of the microkernel for one panel, without those of run_edge
  Index smooth_lines_ = 0;  // of the next rows, that run_edge asks for per panel
  ActivationKind output_ = ActivationKind::softmax;
};

}  // namespace tally

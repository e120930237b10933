// A network ready to run: weights packed once, a forward pass over a tile of rows.
#pragma once

#include <memory>
#include <vector>

#include "kernels/activation.hpp"
#include "kernels/input.hpp"
#include "kernels/model.hpp"
#include "kernels/types.hpp"

namespace tally {

/// float32 storage that starts on a 64-byte boundary and is padded by one: BLIS kernels use aligned loads and read one
/// vector past the end of their operands.
class PanelBuffer {
 public:
  PanelBuffer() = default;
  explicit PanelBuffer(Index count);
  float* data() { return data_.get(); }
  const float* data() const { return data_.get(); }

 private:
  struct Free {
    void operator()(float* p) const;
  };
  std::unique_ptr<float, Free> data_;
};

/// Immutable after construction; any number of threads may run it, each with a Workspace of its own.
class Network {
 public:
  /// Rows one thread takes through the whole network at a time: its activations stay in L2.
  static constexpr Index tile_rows = 128;

  /// Scratch of one thread: two activation panels [widest layer][tile_rows].
  class Workspace {
   public:
    explicit Workspace(const Network& network);

   private:
    friend class Network;
    PanelBuffer front_;
    PanelBuffer back_;
  };

  /// Packs the model. Throws Error where check_model does.
  explicit Network(const Model& model);

  Index inputs() const { return inputs_; }
  /// Units of the last layer, K.
  Index outputs() const { return outputs_; }
  /// Classes that labels name: K, or 2 for K = 1.
  Index classes() const { return outputs_ == 1 ? 2 : outputs_; }
  /// softmax, identity or sigmoid.
  ActivationKind output() const { return output_; }

  /// The forward pass of rows [first, first + count) of `rows`, up to and without the output activation. Returns the
  /// logits as [outputs][tile_rows]: logit k of row first + i is at k * tile_rows + i, valid until the workspace is
  /// used again. A sample's logits do not depend on its neighbours, its position, nor on count. Preconditions:
  /// rows.inputs == inputs(), 1 <= count <= tile_rows, the rows exist.
  const float* forward(const StoredRows& rows, const InputTransform& transform, Index first, Index count,
                       Workspace& workspace) const;

 private:
  struct PackedLayer {
    Index inputs;
    Index outputs;
    Activation activation;
    std::vector<float> slopes;
    PanelBuffer weights;  // [pieces * outputs][inputs]: features along m, so that samples lie along n
    std::vector<float> bias;
  };
  void run_layer(const PackedLayer& layer, bool last, const float* in, float* out, Index count) const;

  std::vector<PackedLayer> layers_;
  Index inputs_ = 0;
  Index outputs_ = 0;
  Index widest_ = 0;
  ActivationKind output_ = ActivationKind::softmax;
};

}  // namespace tally

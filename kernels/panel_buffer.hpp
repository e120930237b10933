// Memory for packed weights and panels of samples.
#pragma once

#include <memory>

#include "kernels/types.hpp"

namespace tally {

/// float32 storage that starts on a 64-byte boundary and may be read `padding` floats past its end, where it is zero:
/// BLIS microkernels use aligned loads, and load ahead the row of a panel that would come next.
class PanelBuffer {
 public:
  /// The widest row of a microkernel's panel that BLIS 0.9.0 has: 32 samples.
  static constexpr Index padding = 32;

  /// At first: zeros, or none where all of it is written before any is read.
  enum class Contents { zeros, none };

  PanelBuffer() = default;
  explicit PanelBuffer(Index count, Contents contents = Contents::zeros);
  float* data() { return data_.get(); }
  const float* data() const { return data_.get(); }

 private:
  struct Free {
    void operator()(float* p) const;
  };
  std::unique_ptr<float, Free> data_;
};

}  // namespace tally

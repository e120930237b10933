// Memory for packed weights and panels of samples.
#pragma once

#include <memory>

#include "kernels/types.hpp"

namespace tally {

/// float32 storage that starts on a 64-byte boundary, is zero at first, and may be read `padding` floats past its end:
/// BLIS microkernels use aligned loads, and load ahead the row of a panel that would come next.
class PanelBuffer {
 public:
  /// The widest row of a microkernel's panel that BLIS 0.9.0 has: 32 samples.
  static constexpr Index padding = 32;

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

}  // namespace tally

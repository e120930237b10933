// The packed microkernel: the product of a tile of units with a panel of samples, on which the forward pass is built.
#pragma once

#include <string>

#include "kernels/panel_buffer.hpp"
#include "kernels/prefetch.hpp"
#include "kernels/types.hpp"
#include "kernels/vector/kernels.hpp"

namespace tally {

/// Units that are left over after the last whole tile and may join it.
constexpr Index most_joined_units = 2;

/// Throws Error unless the other kernels and their buffers have room for such tiles: panels of whole vectors of 4, no
/// wider than what may be read behind a buffer, and with edges, no more units than our own kernel takes.
inline void check_tile_shape(Index panel, Index units, bool has_edges) {
  const bool fits_edges = !has_edges || units + most_joined_units <= most_units;
  if (panel >= 4 && panel % 4 == 0 && panel <= PanelBuffer::padding && units >= 1 && fits_edges) return;
  throw Error("a microkernel of " + std::to_string(units) + " units x " + std::to_string(panel) +
              " samples, for which there is no room: panels have 4 to " + std::to_string(PanelBuffer::padding) +
              " samples, a multiple of 4, and tiles at most " + std::to_string(most_units - most_joined_units) +
              " units where smaller ones have a kernel of their own");
}

/// BLIS's sgemm microkernel of the configuration in use (blis.hpp), turned so that samples lie along its vectors: along
/// n where it prefers C stored by rows, along m where it prefers columns.
///
/// c[l * panel + i] += sum_j w[j * units + l] x[j * panel + i],  0 <= l < units, 0 <= i < panel, 0 <= j < k
///
/// in float32: the sum from j = 0 on, then one addition to c. An element's bits depend on its own operands and on k.
/// Operands are packed without gaps. x and c start on 64-byte boundaries, w on a multiple of `units` floats from one
/// (some kernels load it in aligned pairs and fours); x and w may be read 32 floats past their end. One thread per
/// call, any number at a time.
class Microkernel {
 public:
  /// Initialises BLIS: choose the configuration before (use_blis_configuration). Throws Error where check_tile_shape
  /// does.
  Microkernel();

  /// Samples of a panel.
  Index panel() const { return panel_; }
  /// Units of a tile, as the weights are packed for `run`.
  Index units() const { return units_; }
  /// Whether a tile of fewer units goes to `run_edge`, packed without padding; else it is padded and goes to `run`.
  /// True where the configuration takes fused multiply-adds for granted: our kernel has the same bits without the
  /// instruction, but is slow then.
  bool has_edges() const { return has_edges_; }

  /// Units that the next tile takes where a layer has `left` of them left: units(), or fewer at the end. Where there
  /// are 32 registers, one or two that would be left over go to run_edge with the last whole tile: alone they would
  /// wait for loads, not for multipliers.
  Index units_of_tile(Index left) const {
    if (widens_edges_ && left <= units_ + most_joined_units) return left;
    return left < units_ ? left : units_;
  }

  /// next_w, next_x: the operands of the call that will follow, which the kernel may prefetch.
  void run(Index k, const float* w, const float* x, float* c, const float* next_w, const float* next_x) const;

  /// The same for a tile of any 1 <= units <= units() + most_joined_units, w packed as [k][units], by our own kernel:
  /// padding 50 units to 60 would waste a sixth of the multiply-adds. The sum is kept in up to four chains that depend
  /// on `units`. ahead: up to edge_lines_per_input lines for each of the k inputs, which it prefetches as it goes.
  void run_edge(Index units, Index k, const float* w, const float* x, float* c, const LinesAhead& ahead = {}) const;
  static constexpr Index edge_lines_per_input = 2;

 private:
  // BLIS's; the build without it leaves these three alone.
  [[maybe_unused]] const void* function_ = nullptr;
  [[maybe_unused]] const void* context_ = nullptr;
  Index panel_ = 0;
  Index units_ = 0;
  [[maybe_unused]] bool prefers_rows_ = false;
  bool has_edges_ = false;
  bool widens_edges_ = false;
};

}  // namespace tally

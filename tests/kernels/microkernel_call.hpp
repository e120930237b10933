// Calls of the microkernel on operands that end where its contract says.
#pragma once

#include <algorithm>
#include <numeric>
#include <vector>

#include "kernels/microkernel.hpp"
#include "kernels/panel_buffer.hpp"
#include "kernels/vector/kernels.hpp"
#include "tests/kernels/random_panels.hpp"

namespace tally {

/// The units that a tile may have: all but a whole one's have a kernel of their own.
inline std::vector<Index> tile_widths(const Microkernel& kernel) {
  std::vector<Index> widths(static_cast<std::size_t>(std::min(kernel.units() + 2, most_units)));
  std::iota(widths.begin(), widths.end(), Index{1});
  if (kernel.units() > most_units) widths.push_back(kernel.units());
  return widths;
}

/// c after the call. Behind w and x lies what may be read, behind c nothing.
inline std::vector<float> call(const Microkernel& kernel, const RandomPanels& p, Guard guard = Guard::after) {
  const GuardedArray<float> w = guarded_copy(p.w, guard, PanelBuffer::padding);
  const GuardedArray<float> x = guarded_copy(p.x, guard, PanelBuffer::padding);
  const GuardedArray<float> c = guarded_copy(p.c, guard);
  if (p.units == kernel.units()) {
    // The next operands are hints: prefetching what cannot be read does nothing.
    kernel.run(p.k, w.data(), x.data(), c.data(), w.data() + p.w.size() + PanelBuffer::padding, x.data());
  } else {
    kernel.run_edge(p.units, p.k, w.data(), x.data(), c.data());
  }
  return {c.begin(), c.end()};
}

}  // namespace tally

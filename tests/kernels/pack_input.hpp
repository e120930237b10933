// Whole rows to panels, as the forward pass does it block by block.
#pragma once

#include <vector>

#include "kernels/input.hpp"
#include "kernels/vector/kernels.hpp"

namespace tally {

/// x[i / panel][j][i % panel] = input j of row first + i.
inline void pack_input(const StoredRows& rows, const InputTransform& transform, Index first, Index count, Index panel,
                       float* x) {
  const Index panels = (count + panel - 1) / panel;
  std::vector<const std::byte*> lanes(static_cast<std::size_t>(panels * panel));
  lane_rows(rows, first, count, panel, lanes.data());
  for (Index p = 0; p < panels; ++p) {
    vector_kernels().pack({&lanes[static_cast<std::size_t>(p * panel)], rows.type, 0, rows.inputs, panel,
                           x + p * panel * rows.inputs, transform});
  }
}

}  // namespace tally

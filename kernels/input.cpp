#include "kernels/input.hpp"

#include <algorithm>
#include <vector>

#include "kernels/vector/kernels.hpp"

namespace tally {

void pack_input(const StoredRows& rows, const InputTransform& transform, Index first, Index count, Index panel,
                float* x) {
  std::vector<const std::byte*> of_panel(static_cast<std::size_t>(panel));
  for (Index i = 0; i < count; i += panel) {
    for (Index lane = 0; lane < panel; ++lane) {
      of_panel[static_cast<std::size_t>(lane)] = rows.row(first + (i + lane < count ? i + lane : i));
    }
    vector_kernels().pack({of_panel.data(), rows.type, 0, rows.inputs, panel, x + i * rows.inputs, transform});
  }
}

}  // namespace tally

#include "kernels/input.hpp"

namespace tally {

void lane_rows(const StoredRows& rows, Index first, Index count, Index panel, const std::byte** to) {
  for (Index i = 0; i < count; i += panel) {
    for (Index lane = 0; lane < panel; ++lane) *to++ = rows.row(first + (i + lane < count ? i + lane : i));
  }
}

}  // namespace tally

// From rows as they are stored to the network's float32 input.
#pragma once

#include <cstddef>

#include "kernels/stored_type.hpp"
#include "kernels/types.hpp"

namespace tally {

/// input = stored * scale + offset.
/// Arithmetic: float32 fma(x, float(scale), float(offset)) for types of at most 24 significant bits; float64, int32,
/// uint32, int64 and uint64 in double, rounded once to float32. NaN and infinity pass through, and with scale 1 and
/// offset 0 so does -0 of the types that need no double.
struct InputTransform {
  double scale = 1.0;
  double offset = 0.0;
};

/// Rows as they lie in a file or in a message: [rows][inputs], row-major, dense, any alignment, native byte order.
struct StoredRows {
  const std::byte* data = nullptr;
  StoredType type = StoredType::float32;
  Index rows = 0;
  Index inputs = 0;

  const std::byte* row(Index i) const { return data + i * inputs * static_cast<Index>(size_of(type)); }
};

/// Which row each lane of some panels takes: to[i] is row first + i for 0 <= i < count. Lanes of the last panel that
/// have no row take its first one, since none may know of another. Preconditions: 0 <= first, 1 <= count, first + count
/// <= rows.rows, `to` holds ceil(count / panel) * panel of them.
void lane_rows(const StoredRows& rows, Index first, Index count, Index panel, const std::byte** to);

}  // namespace tally

// From rows as they are stored to the network's float32 input.
#pragma once

#include <cstddef>

#include "kernels/stored_type.hpp"
#include "kernels/types.hpp"

namespace tally {

/// input = stored * scale + offset.
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

/// Panels of `panel` rows: x[i / panel][j][i % panel] = input j of row first + i, for 0 <= i < count: converted, scaled
/// and transposed in one pass. Lanes of the last panel that have no row hold copies of its first one.
/// Arithmetic: float32 fma(x, float(scale), float(offset)) for types of at most 24 significant bits; float64, int32,
/// uint32, int64 and uint64 in double, rounded once to float32. NaN and infinity pass through, and
/// with scale 1 and offset 0 so does -0 of the types that need no double.
/// Preconditions: 0 <= first, first + count <= rows.rows, panel >= 1, x [(count + panel - 1) / panel][inputs][panel].
void pack_input(const StoredRows& rows, const InputTransform& transform, Index first, Index count, Index panel,
                float* x);

}  // namespace tally

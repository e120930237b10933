#include "kernels/input.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>

#include "kernels/float16.hpp"

namespace tally {
namespace {

/// Rows may start anywhere in a message or a file buffer, so elements are read bytewise.
template <class T>
T load(const std::byte* from) {
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

/// Transposes [count][inputs] stored elements into x[j * ld + i], each through `convert`. In squares that stay in L1,
/// so that neither side is walked with a long stride for long.
template <class T, class Convert>
void transpose(const StoredRows& rows, Index first, Index count, float* x, Index ld, Convert convert) {
  constexpr Index square = 16;
  for (Index i0 = 0; i0 < count; i0 += square) {
    const Index i1 = std::min(count, i0 + square);
    for (Index j0 = 0; j0 < rows.inputs; j0 += square) {
      const Index j1 = std::min(rows.inputs, j0 + square);
      for (Index i = i0; i < i1; ++i) {
        const std::byte* row = rows.row(first + i);
        for (Index j = j0; j < j1; ++j) {
          x[j * ld + i] = convert(load<T>(row + j * static_cast<Index>(sizeof(T))));
        }
      }
    }
  }
}

/// Types of at most 24 significant bits: float32 fma with scale and offset rounded once.
template <class T>
void pack_single(const StoredRows& rows, const InputTransform& transform, Index first, Index count, float* x,
                 Index ld) {
  const auto scale = static_cast<float>(transform.scale);
  const auto offset = static_cast<float>(transform.offset);
  if (scale == 1.0F && offset == 0.0F) {
    transpose<T>(rows, first, count, x, ld, [](T stored) { return static_cast<float>(stored); });
  } else {
    transpose<T>(rows, first, count, x, ld,
                 [=](T stored) { return std::fma(static_cast<float>(stored), scale, offset); });
  }
}

/// One byte has 256 values: the arithmetic of pack_single, once for each.
template <class T>
void pack_byte(const StoredRows& rows, const InputTransform& transform, Index first, Index count, float* x, Index ld) {
  const auto scale = static_cast<float>(transform.scale);
  const auto offset = static_cast<float>(transform.offset);
  std::array<float, 256> table{};
  for (std::size_t code = 0; code < table.size(); ++code) {
    const auto stored = std::bit_cast<T>(static_cast<std::uint8_t>(code));
    table[code] = std::fma(static_cast<float>(stored), scale, offset);
  }
  transpose<std::uint8_t>(rows, first, count, x, ld, [&](std::uint8_t code) { return table[code]; });
}

/// Wider types: in double, rounded to float32 once, at the end.
template <class T>
void pack_double(const StoredRows& rows, const InputTransform& transform, Index first, Index count, float* x,
                 Index ld) {
  const double scale = transform.scale;
  const double offset = transform.offset;
  transpose<T>(rows, first, count, x, ld,
               [=](T stored) { return static_cast<float>(std::fma(static_cast<double>(stored), scale, offset)); });
}

void pack_half(const StoredRows& rows, const InputTransform& transform, Index first, Index count, float* x, Index ld) {
  const auto scale = static_cast<float>(transform.scale);
  const auto offset = static_cast<float>(transform.offset);
  transpose<std::uint16_t>(rows, first, count, x, ld,
                           [=](std::uint16_t bits) { return std::fma(float16_to_float(bits), scale, offset); });
}

}  // namespace

void pack_input(const StoredRows& rows, const InputTransform& transform, Index first, Index count, float* x, Index ld) {
  switch (rows.type) {
    case StoredType::uint8:
      return pack_byte<std::uint8_t>(rows, transform, first, count, x, ld);
    case StoredType::int8:
      return pack_byte<std::int8_t>(rows, transform, first, count, x, ld);
    case StoredType::uint16:
      return pack_single<std::uint16_t>(rows, transform, first, count, x, ld);
    case StoredType::int16:
      return pack_single<std::int16_t>(rows, transform, first, count, x, ld);
    case StoredType::float16:
      return pack_half(rows, transform, first, count, x, ld);
    case StoredType::float32:
      return pack_single<float>(rows, transform, first, count, x, ld);
    case StoredType::uint32:
      return pack_double<std::uint32_t>(rows, transform, first, count, x, ld);
    case StoredType::int32:
      return pack_double<std::int32_t>(rows, transform, first, count, x, ld);
    case StoredType::uint64:
      return pack_double<std::uint64_t>(rows, transform, first, count, x, ld);
    case StoredType::int64:
      return pack_double<std::int64_t>(rows, transform, first, count, x, ld);
    case StoredType::float64:
      return pack_double<double>(rows, transform, first, count, x, ld);
  }
}

}  // namespace tally

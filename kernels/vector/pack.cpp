// Rows as they are stored -> float32, scaled and transposed, in one pass. See input.hpp for the arithmetic.
#include "kernels/vector/byte_groups.hpp"
#include "kernels/vector/entries.hpp"
#include "kernels/vector/transpose.hpp"

namespace tally::TALLY_VECTOR_NAMESPACE {
namespace {

/// Types of at most 24 significant bits: float32 fma with scale and offset rounded once.
template <class T, int width_>
struct Single {
  using Stored = T;
  static constexpr int width = width_;
  float scale;
  float offset;
  TALLY_INLINE Vector<float, width> scaled(Vector<float, width> x) const {
    using V = Vector<float, width>;
    return multiply_add<width>(x, broadcast<V>(scale), broadcast<V>(offset));
  }
  TALLY_INLINE Vector<float, width> operator()(Vector<T, width> stored) const {
    return scaled(convert<float, width, T>(stored));
  }
};

/// Scale 1, offset 0: nothing is computed, so that -0 and NaN stay what they are.
template <class T, int width_>
struct AsIs {
  using Stored = T;
  static constexpr int width = width_;
  TALLY_INLINE Vector<float, width> scaled(Vector<float, width> x) const { return x; }
  TALLY_INLINE Vector<float, width> operator()(Vector<T, width> stored) const {
    return convert<float, width, T>(stored);
  }
};

/// binary16 to binary32: by the instruction where there is one, else by its bits.
template <int width>
TALLY_INLINE Vector<float, width> widen(Vector<std::uint16_t, width> stored) {
  using Floats = Vector<float, width>;
  using Words = Vector<std::uint32_t, width>;
#if defined(__F16C__)
  if constexpr (width == 8) return bits_as<Floats>(_mm256_cvtph_ps(bits_as<__m128i>(stored)));
#endif
#if defined(__AVX512F__)
  if constexpr (width == 16) return bits_as<Floats>(_mm512_cvtph_ps(bits_as<__m256i>(stored)));
#endif
  const auto bits = convert<std::uint32_t, width, std::uint16_t>(stored);
  const Words sign = (bits & 0x8000U) << 16U;
  const Words magnitude = (bits & 0x7fffU) << 13U;
  const Words exponent = bits & 0x7c00U;
  // Zero and subnormals: with the exponent of 2^-14 put in front, what is too much is exactly 2^-14.
  const Floats small = bits_as<Floats>(magnitude + (113U << 23U)) - 0x1p-14F;
  const Words normal = magnitude + (112U << 23U);
  const Words infinite = magnitude + (224U << 23U);
  const Words finite = exponent == 0U ? bits_as<Words>(small) : normal;
  return bits_as<Floats>(sign | (exponent == 0x7c00U ? infinite : finite));
}

/// binary16, as Single and AsIs.
template <int width_>
struct Half {
  using Stored = std::uint16_t;
  static constexpr int width = width_;
  float scale;
  float offset;
  TALLY_INLINE Vector<float, width> operator()(Vector<std::uint16_t, width> stored) const {
    using V = Vector<float, width>;
    return multiply_add<width>(widen<width>(stored), broadcast<V>(scale), broadcast<V>(offset));
  }
};
template <int width_>
struct HalfAsIs {
  using Stored = std::uint16_t;
  static constexpr int width = width_;
  TALLY_INLINE Vector<float, width> operator()(Vector<std::uint16_t, width> stored) const {
    return widen<width>(stored);
  }
};

/// Wider types: in double, rounded to float32 once, at the end.
template <class T, int width_>
struct Double {
  using Stored = T;
  static constexpr int width = width_;
  double scale;
  double offset;
  TALLY_INLINE Vector<float, width> operator()(Vector<T, width> stored) const {
    using V = Vector<double, width>;
    return convert<float, width, double>(
        multiply_add<width>(convert<double, width, T>(stored), broadcast<V>(scale), broadcast<V>(offset)));
  }
};

/// Columns [column, column + columns) of `lanes` rows, columns and lanes at most `width`, to x.
template <class Convert>
TALLY_INLINE void pack_part(const PackRequest& p, const std::byte* const* rows, Index lanes, Index column,
                            Index columns, float* x, Convert function) {
  constexpr int width = Convert::width;
  using T = typename Convert::Stored;
  Vector<float, width> square[width];
  for (int i = 0; i < width; ++i) {
    const std::byte* const from = rows[i < lanes ? i : 0] + column * static_cast<Index>(sizeof(T));
    Vector<T, width> stored{};
    __builtin_memcpy(&stored, from, static_cast<std::size_t>(columns) * sizeof(T));
    square[i] = function(stored);
  }
  transpose<width>(square);
  for (Index c = 0; c < columns; ++c) {
    __builtin_memcpy(x + c * p.panel, &square[c], static_cast<std::size_t>(lanes) * sizeof(float));
  }
}

/// A whole square, of bytes_of_group columns if grouped, else of as many as lanes: the same without a bound to look at.
template <bool grouped, class Convert>
TALLY_INLINE void pack_square(const PackRequest& p, const std::byte* const* rows, Index column, float* x,
                              Convert function) {
  constexpr int width = Convert::width;
  using T = typename Convert::Stored;
  const auto from = [&](int r) __attribute__((always_inline)) {
    return rows[r] + column * static_cast<Index>(sizeof(T));
  };
  if constexpr (grouped) {
    Groups<T, width> groups;
    load_groups<width>(from, groups);
#pragma GCC unroll 16
    for (int c = 0; c < bytes_of_group; ++c) store(function.scaled(column_of(groups, c)), x + c * p.panel);
  } else {
    Vector<float, width> square[width];
#pragma GCC unroll 16
    for (int r = 0; r < width; ++r) square[r] = function(load<Vector<T, width>>(from(r)));
    transpose<width>(square);
#pragma GCC unroll 16
    for (int c = 0; c < width; ++c) store(square[c], x + c * p.panel);
  }
}

/// All columns of as many rows as lanes, from x on. Precondition: there are as many columns as a square has.
template <bool grouped, class Convert>
TALLY_INLINE void pack_squares(const PackRequest& p, const std::byte* const* rows, float* x, Convert function) {
  constexpr Index step = grouped ? bytes_of_group : Convert::width;
  Index j = 0;
  for (; j + step <= p.columns; j += step) {
    pack_square<grouped>(p, rows, p.first_column + j, x + j * p.panel, function);
  }
  // The last square overlaps the one before it and writes the same values there.
  if (j < p.columns) {
    j = p.columns - step;
    pack_square<grouped>(p, rows, p.first_column + j, x + j * p.panel, function);
  }
}

template <class Convert>
void pack_with(const PackRequest& p, Convert function) {
  constexpr Index width = Convert::width;
  constexpr bool has_groups = bytes_in_groups<typename Convert::Stored, Convert::width>;
  for (Index i = 0; i < p.panel; i += width) {
    const std::byte* const* const rows = p.rows + i;
    const Index lanes = p.panel - i < width ? p.panel - i : width;
    if (lanes < width || p.columns < width) {
      for (Index j = 0; j < p.columns; j += width) {
        const Index columns = p.columns - j < width ? p.columns - j : width;
        pack_part(p, rows, lanes, p.first_column + j, columns, p.x + j * p.panel + i, function);
      }
      continue;
    }
    if (has_groups && p.columns >= bytes_of_group) {
      pack_squares<has_groups>(p, rows, p.x + i, function);
    } else {
      pack_squares<false>(p, rows, p.x + i, function);
    }
  }
}

template <class Scaled, class Plain>
void pack_scaled(const PackRequest& p) {
  const auto scale = static_cast<float>(p.transform.scale);
  const auto offset = static_cast<float>(p.transform.offset);
  if (scale == 1.0F && offset == 0.0F) return pack_with(p, Plain{});
  pack_with(p, Scaled{scale, offset});
}

template <class T, int width>
void pack_single(const PackRequest& p) {
  pack_scaled<Single<T, width>, AsIs<T, width>>(p);
}

template <class T, int width>
void pack_double(const PackRequest& p) {
  pack_with(p, Double<T, width>{p.transform.scale, p.transform.offset});
}

/// width: floats of a vector; a double takes twice the room, so wide types go by squares of half the width.
template <int width>
void pack_type(const PackRequest& p) {
  constexpr int half = width > 4 ? width / 2 : width;
  switch (p.type) {
    case StoredType::uint8:
      return pack_single<std::uint8_t, width>(p);
    case StoredType::int8:
      return pack_single<std::int8_t, width>(p);
    case StoredType::uint16:
      return pack_single<std::uint16_t, width>(p);
    case StoredType::int16:
      return pack_single<std::int16_t, width>(p);
    case StoredType::float16:
      return pack_scaled<Half<width>, HalfAsIs<width>>(p);
    case StoredType::float32:
      return pack_single<float, width>(p);
    case StoredType::uint32:
      return pack_double<std::uint32_t, half>(p);
    case StoredType::int32:
      return pack_double<std::int32_t, half>(p);
    case StoredType::uint64:
      return pack_double<std::uint64_t, half>(p);
    case StoredType::int64:
      return pack_double<std::int64_t, half>(p);
    case StoredType::float64:
      return pack_double<double, half>(p);
  }
}

}  // namespace

void pack(const PackRequest& request) {
  if constexpr (native_width == 16) {
    if (request.panel >= 16) return pack_type<16>(request);
  }
  if constexpr (native_width >= 8) {
    if (request.panel >= 8) return pack_type<8>(request);
  }
  pack_type<4>(request);
}

}  // namespace tally::TALLY_VECTOR_NAMESPACE

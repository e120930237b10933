// Squares of bytes, transposed before they are widened: a third of the shuffles that the floats would take.
#pragma once

#include "kernels/vector/simd.hpp"

namespace tally::TALLY_VECTOR_NAMESPACE {

/// Bytes of a group: columns that are transposed at a time. As many rows are as a vector has lanes of float.
constexpr int bytes_of_group = 16;

/// Whether there are the instructions for squares of T with so many rows.
template <class T, int width>
#if defined(__AVX2__)
constexpr bool bytes_in_groups = sizeof(T) == 1 && width >= 8;
#else
constexpr bool bytes_in_groups = false;
#endif

/// Group q of columns[c / 4], as 32-bit words: word c % 4 holds column c of rows 4 q ... 4 q + 3, one in each byte.
template <class T, int width>
struct Groups {
  Vector<std::uint8_t, 4 * width> columns[4];
};

/// rows(r): 16 bytes of row r, 0 <= r < width.
template <int width, class T, class Rows>
void load_groups(Rows rows, Groups<T, width>& out);

/// Column c, a row in each lane.
template <class T, int width>
Vector<float, width> column_of(const Groups<T, width>& groups, int c);

#if defined(__AVX2__)

#if defined(__AVX512BW__)
TALLY_INLINE __m512i interleave_bytes_low(__m512i a, __m512i b) { return _mm512_unpacklo_epi8(a, b); }
TALLY_INLINE __m512i interleave_bytes_high(__m512i a, __m512i b) { return _mm512_unpackhi_epi8(a, b); }
TALLY_INLINE __m512i interleave_words_low(__m512i a, __m512i b) { return _mm512_unpacklo_epi16(a, b); }
TALLY_INLINE __m512i interleave_words_high(__m512i a, __m512i b) { return _mm512_unpackhi_epi16(a, b); }
TALLY_INLINE __m512i choose_bytes(__m512i v, __m128i which) {
  return _mm512_shuffle_epi8(v, _mm512_maskz_broadcast_i32x4(static_cast<__mmask16>(-1), which));
}
#endif
TALLY_INLINE __m256i interleave_bytes_low(__m256i a, __m256i b) { return _mm256_unpacklo_epi8(a, b); }
TALLY_INLINE __m256i interleave_bytes_high(__m256i a, __m256i b) { return _mm256_unpackhi_epi8(a, b); }
TALLY_INLINE __m256i interleave_words_low(__m256i a, __m256i b) { return _mm256_unpacklo_epi16(a, b); }
TALLY_INLINE __m256i interleave_words_high(__m256i a, __m256i b) { return _mm256_unpackhi_epi16(a, b); }
TALLY_INLINE __m256i choose_bytes(__m256i v, __m128i which) {
  return _mm256_shuffle_epi8(v, _mm256_broadcastsi128_si256(which));
}

template <int width>
struct ByteRegister {
  using type = __m256i;
};
template <>
struct ByteRegister<16> {
  using type = __m512i;
};

template <int width, class T, class Rows>
TALLY_INLINE void load_groups(Rows rows, Groups<T, width>& out) {
  using Group = Vector<std::uint8_t, bytes_of_group>;
  using Register = typename ByteRegister<width>::type;
  // Row 4 q + i in group q.
  const auto every_fourth = [&](int i) __attribute__((always_inline)) {
    const auto two = join(load<Group>(rows(i)), load<Group>(rows(i + 4)));
    if constexpr (width == 8) {
      return bits_as<Register>(two);
    } else {
      return bits_as<Register>(join(two, join(load<Group>(rows(i + 8)), load<Group>(rows(i + 12)))));
    }
  };
  const Register a = every_fourth(0);
  const Register b = every_fourth(1);
  const Register c = every_fourth(2);
  const Register d = every_fourth(3);
  const Register low_ab = interleave_bytes_low(a, b);
  const Register high_ab = interleave_bytes_high(a, b);
  const Register low_cd = interleave_bytes_low(c, d);
  const Register high_cd = interleave_bytes_high(c, d);
  using Bytes = Vector<std::uint8_t, 4 * width>;
  out.columns[0] = bits_as<Bytes>(interleave_words_low(low_ab, low_cd));
  out.columns[1] = bits_as<Bytes>(interleave_words_high(low_ab, low_cd));
  out.columns[2] = bits_as<Bytes>(interleave_words_low(high_ab, high_cd));
  out.columns[3] = bits_as<Bytes>(interleave_words_high(high_ab, high_cd));
}

template <class T, int width>
TALLY_INLINE Vector<float, width> column_of(const Groups<T, width>& groups, int c) {
  using Register = typename ByteRegister<width>::type;
  using Ints = Vector<std::int32_t, width>;
  constexpr bool is_signed = static_cast<T>(-1) < 0;
  // Each byte to a word of its own: to its bottom, or to its top and from there down with its sign. -1: a zero.
  const int at = c % 4 * 4;
  const int top = is_signed ? 24 : 0;
  const auto word = [&](int i) { return (at + i) << top | (is_signed ? 0x808080 : static_cast<int>(0x80808000U)); };
  const __m128i which = _mm_setr_epi32(word(0), word(1), word(2), word(3));
  const auto words = bits_as<Ints>(choose_bytes(bits_as<Register>(groups.columns[c / 4]), which));
  return convert<float, width, std::int32_t>(is_signed ? words >> 24 : words);
}

#endif

}  // namespace tally::TALLY_VECTOR_NAMESPACE

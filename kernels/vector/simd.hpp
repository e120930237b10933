// Vectors of this instruction set's width, and the few operations on them that no compiler extension writes.
#pragma once

#include <cstdint>
#include <type_traits>

#include "kernels/vector/inlined.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif

namespace tally::TALLY_VECTOR_NAMESPACE {

/// Floats of one register.
#if defined(__AVX512F__)
constexpr int native_width = 16;
#elif defined(__AVX2__)
constexpr int native_width = 8;
#else
constexpr int native_width = 4;
#endif

template <class T, int width>
struct VectorOf {
  // NOLINTNEXTLINE(modernize-use-using): as an alias, the attribute would not depend on the parameters
  typedef T type __attribute__((vector_size(sizeof(T) * width)));
};
template <class T, int width>
using Vector = typename VectorOf<T, width>::type;

template <class V>
TALLY_INLINE V load(const void* from) {
  V v;
  __builtin_memcpy(&v, from, sizeof v);
  return v;
}

template <class V>
TALLY_INLINE void store(V v, void* to) {
  __builtin_memcpy(to, &v, sizeof v);
}

/// Loaded once: GCC would rather load an operand again with each instruction that uses it.
template <class V>
TALLY_INLINE void keep_in_register(V& v) {
#if defined(__AVX512F__)
  asm("" : "+v"(v));
#elif defined(__x86_64__)
  asm("" : "+x"(v));
#elif defined(__aarch64__)
  asm("" : "+w"(v));
#endif
}

template <class V, class T>
TALLY_INLINE V broadcast(T value) {
  return value - V{};
}

/// Lane by lane, as static_cast does it.
template <class To, int width, class From>
TALLY_INLINE Vector<To, width> convert(Vector<From, width> from) {
  using Ints = Vector<std::int32_t, width>;
  // Small integers by way of int32, where no value is lost. GCC 12 has no single step from one byte to four.
  if constexpr (sizeof(From) == 1) {
    [[maybe_unused]] constexpr bool is_signed = static_cast<From>(-1) < 0;
#if defined(__AVX512F__)
    if constexpr (width == 16) {
      const auto bytes = bits_as<__m128i>(from);
      const __m512i words = is_signed ? _mm512_cvtepi8_epi32(bytes) : _mm512_cvtepu8_epi32(bytes);
      return __builtin_convertvector(bits_as<Ints>(words), Vector<To, width>);
    }
#endif
#if defined(__AVX2__)
    if constexpr (width == 8) {
      const __m128i bytes = _mm_cvtsi64_si128(bits_as<long long>(from));
      const __m256i words = is_signed ? _mm256_cvtepi8_epi32(bytes) : _mm256_cvtepu8_epi32(bytes);
      return __builtin_convertvector(bits_as<Ints>(words), Vector<To, width>);
    }
#endif
    const auto shorts = __builtin_convertvector(from, Vector<std::int16_t, width>);
    return __builtin_convertvector(__builtin_convertvector(shorts, Ints), Vector<To, width>);
  } else if constexpr (sizeof(From) == 2) {
    return __builtin_convertvector(__builtin_convertvector(from, Ints), Vector<To, width>);
  } else {
    return __builtin_convertvector(from, Vector<To, width>);
  }
}

/// Between float and double, in one step; GCC 12 makes two of a conversion. (Here and below, forms with a full mask
/// stand for AVX-512's plain ones, of which GCC 12 warns that they use a variable without a value.)
template <int width>
TALLY_INLINE Vector<double, width> widen(Vector<float, width> from) {
#if defined(__AVX512F__)
  if constexpr (width == 8)
    return bits_as<Vector<double, width>>(_mm512_maskz_cvtps_pd(static_cast<__mmask8>(-1), (__m256)from));
#endif
#if defined(__AVX2__)
  if constexpr (width == 4) return bits_as<Vector<double, width>>(_mm256_cvtps_pd((__m128)from));
#endif
  return __builtin_convertvector(from, Vector<double, width>);
}
template <int width>
TALLY_INLINE Vector<float, width> narrow(Vector<double, width> from) {
#if defined(__AVX512F__)
  if constexpr (width == 8)
    return bits_as<Vector<float, width>>(_mm512_maskz_cvtpd_ps(static_cast<__mmask8>(-1), (__m512d)from));
#endif
#if defined(__AVX2__)
  if constexpr (width == 4) return bits_as<Vector<float, width>>(_mm256_cvtpd_ps((__m256d)from));
#endif
  return __builtin_convertvector(from, Vector<float, width>);
}

/// a b + c, rounded once.
template <int width>
TALLY_INLINE Vector<float, width> multiply_add(Vector<float, width> a, Vector<float, width> b, Vector<float, width> c) {
#if defined(__AVX512F__)
  if constexpr (width == 16) return bits_as<Vector<float, width>>(_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c));
#endif
#if defined(__FMA__)
  if constexpr (width == 8) return bits_as<Vector<float, width>>(_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c));
  if constexpr (width == 4) return bits_as<Vector<float, width>>(_mm_fmadd_ps((__m128)a, (__m128)b, (__m128)c));
#elif defined(__aarch64__)
  if constexpr (width == 4) return vfmaq_f32(c, a, b);
#endif
  Vector<float, width> r;
  for (int i = 0; i < width; ++i) r[i] = __builtin_fmaf(a[i], b[i], c[i]);
  return r;
}

template <int width>
TALLY_INLINE Vector<double, width> multiply_add(Vector<double, width> a, Vector<double, width> b,
                                                Vector<double, width> c) {
#if defined(__AVX512F__)
  if constexpr (width == 8) return bits_as<Vector<double, width>>(_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c));
#endif
#if defined(__FMA__)
  if constexpr (width == 4) return bits_as<Vector<double, width>>(_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c));
#elif defined(__aarch64__)
  if constexpr (width == 2) return vfmaq_f64(c, a, b);
#endif
  Vector<double, width> r;
  for (int i = 0; i < width; ++i) r[i] = __builtin_fma(a[i], b[i], c[i]);
  return r;
}

template <class V>
using ElementOf = std::remove_cvref_t<decltype(V{}[0])>;
template <class V>
constexpr int lanes_of = static_cast<int>(sizeof(V) / sizeof(ElementOf<V>));
/// Unsigned integers as wide as its elements.
template <class V>
using BitsOf = Vector<std::conditional_t<sizeof(ElementOf<V>) == 4, std::uint32_t, std::uint64_t>, lanes_of<V>>;

/// The same for any vector; one of the numbers may be the same in all lanes.
template <class V>
TALLY_INLINE V multiply_add(V a, V b, V c) {
  return multiply_add<lanes_of<V>>(a, b, c);
}
template <class V>
TALLY_INLINE V multiply_add(V a, V b, ElementOf<V> c) {
  return multiply_add<lanes_of<V>>(a, b, broadcast<V>(c));
}
template <class V>
TALLY_INLINE V multiply_add(V a, ElementOf<V> b, V c) {
  return multiply_add<lanes_of<V>>(a, broadcast<V>(b), c);
}
template <class V>
TALLY_INLINE V multiply_add(V a, ElementOf<V> b, ElementOf<V> c) {
  return multiply_add<lanes_of<V>>(a, broadcast<V>(b), broadcast<V>(c));
}

/// a > b ? a : b, which is b where one of them is NaN: x86's own maximum, in one instruction. (Of Arm's there is none
/// that treats NaN and zeros so.)
template <class V>
TALLY_INLINE V larger(V a, V b) {
  [[maybe_unused]] constexpr bool is_float = sizeof(ElementOf<V>) == 4;
#if defined(__AVX512F__)
  if constexpr (sizeof(V) == 64 && is_float)
    return bits_as<V>(_mm512_mask_max_ps((__m512)b, static_cast<__mmask16>(-1), (__m512)a, (__m512)b));
  if constexpr (sizeof(V) == 64 && !is_float)
    return bits_as<V>(_mm512_mask_max_pd((__m512d)b, static_cast<__mmask8>(-1), (__m512d)a, (__m512d)b));
#endif
#if defined(__AVX2__)
  if constexpr (sizeof(V) == 32 && is_float) return bits_as<V>(_mm256_max_ps((__m256)a, (__m256)b));
  if constexpr (sizeof(V) == 32 && !is_float) return bits_as<V>(_mm256_max_pd((__m256d)a, (__m256d)b));
#endif
#if defined(__x86_64__)
  if constexpr (sizeof(V) == 16 && is_float) return bits_as<V>(_mm_max_ps((__m128)a, (__m128)b));
  if constexpr (sizeof(V) == 16 && !is_float) return bits_as<V>(_mm_max_pd((__m128d)a, (__m128d)b));
#endif
  return a > b ? a : b;
}

/// a < b ? a : b, likewise.
template <class V>
TALLY_INLINE V smaller(V a, V b) {
  [[maybe_unused]] constexpr bool is_float = sizeof(ElementOf<V>) == 4;
#if defined(__AVX512F__)
  if constexpr (sizeof(V) == 64 && is_float)
    return bits_as<V>(_mm512_mask_min_ps((__m512)b, static_cast<__mmask16>(-1), (__m512)a, (__m512)b));
  if constexpr (sizeof(V) == 64 && !is_float)
    return bits_as<V>(_mm512_mask_min_pd((__m512d)b, static_cast<__mmask8>(-1), (__m512d)a, (__m512d)b));
#endif
#if defined(__AVX2__)
  if constexpr (sizeof(V) == 32 && is_float) return bits_as<V>(_mm256_min_ps((__m256)a, (__m256)b));
  if constexpr (sizeof(V) == 32 && !is_float) return bits_as<V>(_mm256_min_pd((__m256d)a, (__m256d)b));
#endif
#if defined(__x86_64__)
  if constexpr (sizeof(V) == 16 && is_float) return bits_as<V>(_mm_min_ps((__m128)a, (__m128)b));
  if constexpr (sizeof(V) == 16 && !is_float) return bits_as<V>(_mm_min_pd((__m128d)a, (__m128d)b));
#endif
  return a < b ? a : b;
}

template <class V>
constexpr auto sign_bit =
    std::conditional_t<sizeof(ElementOf<V>) == 4, std::integral_constant<std::uint32_t, 1U << 31U>,
                       std::integral_constant<std::uint64_t, std::uint64_t{1} << 63U>>::value;

template <class V>
TALLY_INLINE V absolute(V x) {
  return bits_as<V>(bits_as<BitsOf<V>>(x) & ~sign_bit<V>);
}

/// |of| with the sign of x.
template <class V>
TALLY_INLINE V with_sign(V of, V x) {
  return bits_as<V>((bits_as<BitsOf<V>>(of) & ~sign_bit<V>) | (bits_as<BitsOf<V>>(x) & sign_bit<V>));
}

/// The first n < lanes elements; the others are 0.
template <class V>
TALLY_INLINE V load_some(const ElementOf<V>* from, long n) {
  V v = {};
  for (long i = 0; i < n; ++i) v[i] = from[i];
  return v;
}
template <class V>
TALLY_INLINE void store_some(V v, ElementOf<V>* to, long n) {
  for (long i = 0; i < n; ++i) to[i] = v[i];
}

template <int... lane>
struct Lanes {};
template <int count, int... lane>
struct LanesUpTo : LanesUpTo<count - 1, count - 1, lane...> {};
template <int... lane>
struct LanesUpTo<0, lane...> {
  using type = Lanes<lane...>;
};

/// The lanes of a and b, numbered through, that Pattern::at(0), Pattern::at(1), ... name.
template <class Pattern, int width, int... lane>
TALLY_INLINE Vector<float, width> shuffle_lanes(Vector<float, width> a, Vector<float, width> b,
                                                Lanes<lane...> /*all*/) {
  return __builtin_shufflevector(a, b, Pattern::at(lane)...);
}
template <class Pattern, int width>
TALLY_INLINE Vector<float, width> shuffle(Vector<float, width> a, Vector<float, width> b) {
  return shuffle_lanes<Pattern, width>(a, b, typename LanesUpTo<width>::type{});
}

/// Halves of a vector, and a vector of two halves; in registers, where an array would go by way of memory.
template <class V>
using HalfOf = Vector<ElementOf<V>, lanes_of<V> / 2>;
template <int first, class V, int... lane>
TALLY_INLINE HalfOf<V> half_from(V v, Lanes<lane...> /*all*/) {
  return __builtin_shufflevector(v, v, first + lane...);
}
template <class V>
TALLY_INLINE HalfOf<V> lower_half(V v) {
  return half_from<0>(v, typename LanesUpTo<lanes_of<V> / 2>::type{});
}
template <class V>
TALLY_INLINE HalfOf<V> upper_half(V v) {
  return half_from<lanes_of<V> / 2>(v, typename LanesUpTo<lanes_of<V> / 2>::type{});
}
template <class H, int... lane>
TALLY_INLINE auto join_lanes(H lower, H upper, Lanes<lane...> /*all*/) {
  return __builtin_shufflevector(lower, upper, lane...);
}
template <class H>
TALLY_INLINE Vector<ElementOf<H>, 2 * lanes_of<H>> join(H lower, H upper) {
  return join_lanes(lower, upper, typename LanesUpTo<2 * lanes_of<H>>::type{});
}

}  // namespace tally::TALLY_VECTOR_NAMESPACE

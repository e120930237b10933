// Two vectors that take every step together, or two such pairs: what is written in terms of V works on all of them. Of
// a pair, instructions that do not wait for each other lie side by side, and the processor need not look far ahead for
// them.
#pragma once

#include "kernels/vector/simd.hpp"

namespace tally::TALLY_VECTOR_NAMESPACE {

/// (Two members: of an array, GCC 12 would go by way of memory.)
template <class V>
struct Pair {
  V first;
  V second;
};

template <class V>
struct NumberOf {
  using type = ElementOf<V>;
};
template <class V>
struct NumberOf<Pair<V>> : NumberOf<V> {};
/// What a vector or a pair consists of.
template <class V>
using Number = typename NumberOf<V>::type;

template <class V>
TALLY_INLINE Pair<V> operator+(Pair<V> a, Pair<V> b) {
  return {a.first + b.first, a.second + b.second};
}
template <class V>
TALLY_INLINE Pair<V> operator+(Pair<V> a, Number<V> b) {
  return {a.first + b, a.second + b};
}
template <class V>
TALLY_INLINE Pair<V> operator+(Number<V> a, Pair<V> b) {
  return {a + b.first, a + b.second};
}
template <class V>
TALLY_INLINE Pair<V> operator-(Pair<V> a, Pair<V> b) {
  return {a.first - b.first, a.second - b.second};
}
template <class V>
TALLY_INLINE Pair<V> operator-(Pair<V> a, Number<V> b) {
  return {a.first - b, a.second - b};
}
template <class V>
TALLY_INLINE Pair<V> operator-(Number<V> a, Pair<V> b) {
  return {a - b.first, a - b.second};
}
template <class V>
TALLY_INLINE Pair<V> operator*(Pair<V> a, Pair<V> b) {
  return {a.first * b.first, a.second * b.second};
}
template <class V>
TALLY_INLINE Pair<V> operator*(Pair<V> a, Number<V> b) {
  return {a.first * b, a.second * b};
}
template <class V>
TALLY_INLINE Pair<V> operator*(Number<V> a, Pair<V> b) {
  return {a * b.first, a * b.second};
}
template <class V>
TALLY_INLINE Pair<V> operator/(Pair<V> a, Pair<V> b) {
  return {a.first / b.first, a.second / b.second};
}
template <class V>
TALLY_INLINE Pair<V> operator/(Pair<V> a, Number<V> b) {
  return {a.first / b, a.second / b};
}
template <class V>
TALLY_INLINE Pair<V> operator/(Number<V> a, Pair<V> b) {
  return {a / b.first, a / b.second};
}
template <class V>
TALLY_INLINE Pair<V> operator-(Pair<V> a) {
  return {-a.first, -a.second};
}
template <class V>
TALLY_INLINE auto operator==(Pair<V> a, Pair<V> b) {
  return Pair<decltype(a.first == b.first)>{a.first == b.first, a.second == b.second};
}
template <class V>
TALLY_INLINE auto operator<(Pair<V> a, Pair<V> b) {
  return Pair<decltype(a.first < b.first)>{a.first < b.first, a.second < b.second};
}
template <class V>
TALLY_INLINE auto operator<(Pair<V> a, Number<V> b) {
  return Pair<decltype(a.first < b)>{a.first < b, a.second < b};
}
template <class V>
TALLY_INLINE auto operator>(Pair<V> a, Pair<V> b) {
  return Pair<decltype(a.first > b.first)>{a.first > b.first, a.second > b.second};
}
template <class V>
TALLY_INLINE auto operator>(Pair<V> a, Number<V> b) {
  return Pair<decltype(a.first > b)>{a.first > b, a.second > b};
}
template <class V>
TALLY_INLINE auto operator>=(Pair<V> a, Number<V> b) {
  return Pair<decltype(a.first >= b)>{a.first >= b, a.second >= b};
}
template <class V>
TALLY_INLINE auto operator==(Pair<V> a, Number<V> b) {
  return Pair<decltype(a.first == b)>{a.first == b, a.second == b};
}
template <class V>
TALLY_INLINE Pair<V> operator&(Pair<V> a, Pair<V> b) {
  return {a.first & b.first, a.second & b.second};
}
template <class V>
TALLY_INLINE Pair<V> operator|(Pair<V> a, Pair<V> b) {
  return {a.first | b.first, a.second | b.second};
}

/// mask ? a : b
template <class M, class V>
TALLY_INLINE V select(M mask, V a, V b) {
  return mask ? a : b;
}
template <class M, class V>
TALLY_INLINE Pair<V> select(Pair<M> mask, Pair<V> a, Pair<V> b) {
  return {select(mask.first, a.first, b.first), select(mask.second, a.second, b.second)};
}

template <class V>
TALLY_INLINE Pair<V> multiply_add(Pair<V> a, Pair<V> b, Pair<V> c) {
  return {multiply_add(a.first, b.first, c.first), multiply_add(a.second, b.second, c.second)};
}
template <class V>
TALLY_INLINE Pair<V> multiply_add(Pair<V> a, Pair<V> b, Number<V> c) {
  return {multiply_add(a.first, b.first, c), multiply_add(a.second, b.second, c)};
}
template <class V>
TALLY_INLINE Pair<V> multiply_add(Pair<V> a, Number<V> b, Pair<V> c) {
  return {multiply_add(a.first, b, c.first), multiply_add(a.second, b, c.second)};
}
template <class V>
TALLY_INLINE Pair<V> multiply_add(Pair<V> a, Number<V> b, Number<V> c) {
  return {multiply_add(a.first, b, c), multiply_add(a.second, b, c)};
}

template <class V>
TALLY_INLINE Pair<V> larger(Pair<V> a, Pair<V> b) {
  return {larger(a.first, b.first), larger(a.second, b.second)};
}

/// x, but not below or not above a bound; NaN stays NaN, and of two zeros it is x.
template <class V>
TALLY_INLINE V at_least(V x, Number<V> bound) {
  return larger(broadcast<V>(bound), x);
}
template <class V>
TALLY_INLINE Pair<V> at_least(Pair<V> x, Number<V> bound) {
  return {at_least(x.first, bound), at_least(x.second, bound)};
}
template <class V>
TALLY_INLINE V at_most(V x, Number<V> bound) {
  return smaller(broadcast<V>(bound), x);
}
template <class V>
TALLY_INLINE Pair<V> at_most(Pair<V> x, Number<V> bound) {
  return {at_most(x.first, bound), at_most(x.second, bound)};
}

template <class V>
TALLY_INLINE Pair<V> absolute(Pair<V> x) {
  return {absolute(x.first), absolute(x.second)};
}
template <class V>
TALLY_INLINE Pair<V> with_sign(Pair<V> of, Pair<V> x) {
  return {with_sign(of.first, x.first), with_sign(of.second, x.second)};
}

/// In double, which takes twice as many vectors, and back.
template <class V>
TALLY_INLINE auto to_double(V x) {
  constexpr int half = lanes_of<V> / 2;
  return Pair<Vector<double, half>>{widen<half>(lower_half(x)), widen<half>(upper_half(x))};
}
template <class V>
TALLY_INLINE auto to_double(Pair<V> x) {
  return Pair<decltype(to_double(x.first))>{to_double(x.first), to_double(x.second)};
}
template <class W>
TALLY_INLINE auto to_float(Pair<W> x) {
  constexpr int half = lanes_of<W>;
  return join(narrow<half>(x.first), narrow<half>(x.second));
}
template <class W>
TALLY_INLINE auto to_float(Pair<Pair<W>> x) {
  return Pair<decltype(to_float(x.first))>{to_float(x.first), to_float(x.second)};
}

/// How many numbers lie in it.
template <class V>
constexpr int size_of = static_cast<int>(sizeof(V) / sizeof(Number<V>));

template <class V>
struct Loaded {
  TALLY_INLINE static V from(const Number<V>* x) { return load<V>(x); }
  TALLY_INLINE static V some_from(const Number<V>* x, long n) { return load_some<V>(x, n); }
};
template <class V>
struct Loaded<Pair<V>> {
  TALLY_INLINE static Pair<V> from(const Number<V>* x) { return {Loaded<V>::from(x), Loaded<V>::from(x + size_of<V>)}; }
  /// The first n; the others are 0.
  TALLY_INLINE static Pair<V> some_from(const Number<V>* x, long n) {
    constexpr long half = size_of<V>;
    if (n <= half) return {Loaded<V>::some_from(x, n), V{}};
    return {Loaded<V>::from(x), Loaded<V>::some_from(x + half, n - half)};
  }
};
template <class V>
TALLY_INLINE void store(Pair<V> x, Number<V>* to) {
  store(x.first, to);
  store(x.second, to + size_of<V>);
}

}  // namespace tally::TALLY_VECTOR_NAMESPACE

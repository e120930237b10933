// The activations of vectors, or pairs of vectors, of float32: without a branch, each number as if alone. Formulas,
// limits and error bounds are in activation.hpp; here is how they are reached.
#pragma once

#include "kernels/vector/exp_float.hpp"

namespace tally::TALLY_VECTOR_NAMESPACE {

template <class V>
TALLY_INLINE V step_values(V x) {
  return select(x > 0.0F, broadcast<V>(1.0F), select(x == x, V{}, x));
}

template <class V>
TALLY_INLINE V relu_values(V x) {
  return at_least(x, 0.0F);
}

template <class V>
TALLY_INLINE V relu6_values(V x) {
  return at_most(at_least(x, 0.0F), 6.0F);
}

/// leaky_relu and prelu. `bound` is infinity, or the largest float32 where alpha is 0, lest 0 x infinity be NaN.
template <class V>
TALLY_INLINE V leaky_values(V x, float alpha, float bound) {
  const V negative = alpha * at_least(x, -bound);
  return select(x >= 0.0F, x, negative);
}

/// `bound` as in leaky_values.
template <class V>
TALLY_INLINE V hard_sigmoid_values(V x, float alpha, float beta, float bound) {
  const V line = multiply_add(at_most(at_least(x, -bound), bound), alpha, beta);
  return at_most(at_least(line, 0.0F), 1.0F);
}

template <class V>
TALLY_INLINE V softsign_values(V x) {
  constexpr float largest = __FLT_MAX__;
  const V finite = at_most(at_least(x, -largest), largest);
  return finite / (1.0F + absolute(finite));
}

/// e^x / (e^x + 1) = p / (p + 2^-n) with e^x = 2^n p, everything scaled by 2^-24: then no intermediate value leaves the
/// normal range, and only the quotient may be subnormal.
template <class V>
TALLY_INLINE V sigmoid_values(V x) {
  const ReducedExponent<V> e = reduce_exponent(at_most(at_least(x, -104.0F), 60.0F));
  const V p = exp_reduced(e.r, 0x1p-24F);
  return p / (p + inverse_power_of_two(e.shifted, -24));
}

/// x e^v / (e^v + 1) with v of x's sign, given reduced. The quotient is kept 2^32 too large until the last
/// multiplication: it may be subnormal where the product is not. x > 64 is returned as it is (x 2^32 may overflow).
template <class V>
TALLY_INLINE V times_sigmoid(V x, ReducedExponent<V> v) {
  const V p = exp_reduced(v.r);
  const V quotient = p / multiply_add(p, 0x1p-32F, inverse_power_of_two(v.shifted, -32));
  const V product = (x * quotient) * 0x1p-32F;
  return select(x > 64.0F, x, product);
}

/// At -109.5, x e^x is below half the smallest float32.
template <class V>
TALLY_INLINE V silu_values(V x) {
  const V bounded = at_least(x, -109.5F);
  return times_sigmoid(bounded, reduce_exponent(at_most(bounded, 64.0F)));
}

/// tanh |x| = -m / (m + 2) with m = e^(-2|x|) - 1.
template <class V>
TALLY_INLINE V tanh_values(V x) {
  const V m = expm1_nonpositive(at_least(-2.0F * absolute(x), -30.0F));
  return with_sign(m / (m + 2.0F), x);
}

/// lambda, and lambda alpha: the constants of G. Klambauer et al., "Self-Normalizing Neural Networks" (2017).
constexpr float selu_scale = 1.0507009873554805F;
constexpr float selu_negative_scale = 1.7580993408473766F;

/// scale (x for x >= 0, else alpha (e^x - 1)); `negative_scale` is scale * alpha, rounded once.
template <class V>
TALLY_INLINE V elu_values(V x, float scale, float negative_scale) {
  const V argument = at_most(at_least(x, -30.0F), 0.0F);
  const V negative = negative_scale * expm1_nonpositive(argument);
  const V positive = scale * x;
  return select(x >= 0.0F, positive, negative);
}

/// max(x, 0) + log(1 + t), t = e^-|x|, where log(1 + t) = 2 artanh(t / (2 + t)): a series in a small, positive square.
template <class V>
TALLY_INLINE V softplus_values(V x) {
  const V t = exp_nonpositive(at_least(-absolute(x), -104.0F));
  const V twice = (2.0F * t) / (2.0F + t);  // exactly t where t is subnormal
  const V square = 0.25F * twice * twice;
  // (artanh(s) / s - 1) / s^2 on s^2 in [0, 1/9]: own minimax fit, error 0.001 ULP of log(1 + t).
  V series = multiply_add(square, 1.212317199e-01F, 1.072185934e-01F);
  series = multiply_add(series, square, 1.430760920e-01F);
  series = multiply_add(series, square, 1.999947429e-01F);
  series = multiply_add(series, square, 3.333333731e-01F);
  return at_least(x, 0.0F) + multiply_add(twice * square, series, twice);
}

/// R(a) for 0 <= a <= 14.42: half the scaled complementary error function e^(a^2 / 2) erfc(a / sqrt 2). It is smooth
/// and falls slowly from 1/2: a quotient of polynomials with positive coefficients (own minimax fit on [0, 14.5],
/// relative error 2^-27.2) loses nothing to cancellation. These are taken in double: ten roundings of float32 would
/// cost 2 ULP.
template <class V>
TALLY_INLINE V mills_ratio(V a) {
  const auto wide = to_double(a);
  auto p = multiply_add(wide, 4.08560090254e-03, 4.04418091648e-02);
  p = multiply_add(p, wide, 1.82690134897e-01);
  p = multiply_add(p, wide, 4.37594970423e-01);
  p = multiply_add(p, wide, 0.5);
  auto q = multiply_add(wide, 1.02409602213e-02, 1.01379160887e-01);
  q = multiply_add(q, wide, 4.68024945752e-01);
  q = multiply_add(q, wide, 1.20029688705e+00);
  q = multiply_add(q, wide, 1.67307478587e+00);
  q = multiply_add(q, wide, 1.0);
  return to_float(p) / to_float(q);
}

/// max(x, 0) - a Q(a), a = |x|, Q(a) = erfc(a / sqrt 2) / 2 = exp(-a^2 / 2) R(a).
template <class V>
TALLY_INLINE V gelu_values(V x) {
  const V a = at_most(absolute(x), 14.42F);  // beyond, the product is below half the smallest float32
  const V square = a * a;
  const V missing = multiply_add(a, a, -square);
  const ReducedExponent<V> e = reduce_exponent(-0.5F * square, -0.5F * missing);
  // Scaled so that no factor or product is subnormal before the last one, however small or large `a` is.
  const V tail = exp_reduced(e.r, 0x1p+24F) * mills_ratio(a) * a * power_of_two(e.shifted, 24) * 0x1p-48F;
  return at_least(x, 0.0F) - tail;
}

/// x s(v), v = 2 sqrt(2 / pi) (x + 0.044715 x^3), since (1 + tanh(v / 2)) / 2 = e^v / (e^v + 1). v reaches -107, where
/// an error of its last bit would be many of the result's: it is carried as the sum of two float32. Beyond -10.8 the
/// product is below half the smallest float32, beyond 7 it is x.
template <class V>
TALLY_INLINE V gelu_tanh_values(V x) {
  constexpr float c1 = 1.595769122e+00F;
  constexpr float c1_low = -4.534068042e-08F;
  constexpr float c3 = 7.135481628e-02F;
  constexpr float c3_low = 2.398832396e-09F;
  const V bounded = at_least(x, -10.8F);
  const V y = at_most(bounded, 7.0F);
  const V square = y * y;
  const V square_low = multiply_add(y, y, -square);
  const V cubic = c3 * square;
  const V cubic_low = multiply_add(square, c3, -cubic) + multiply_add(square_low, c3, c3_low * square);
  const V slope = c1 + cubic;
  const V back = slope - c1;
  const V slope_low = ((c1 - (slope - back)) + (cubic - back)) + (cubic_low + c1_low);
  const V argument = y * slope;
  const V correction = multiply_add(y, slope_low, multiply_add(y, slope, -argument));
  return times_sigmoid(bounded, reduce_exponent(argument, correction));
}

}  // namespace tally::TALLY_VECTOR_NAMESPACE

// The activations of one float32 value: branch-free, inlined into the loops of vector/activation.cpp and there
// vectorised. Formulas, limits and error bounds are in activation.hpp; here is how they are reached.
#pragma once

#include "kernels/vector/exp_float.hpp"

namespace tally {

// Written so that NaN falls through, and so that one vector instruction does it.
TALLY_INLINE float at_least(float x, float bound) { return bound > x ? bound : x; }
TALLY_INLINE float at_most(float x, float bound) { return bound < x ? bound : x; }

TALLY_INLINE float step_value(float x) {
  const float below = x == x ? 0.0F : x;
  return x > 0.0F ? 1.0F : below;
}

TALLY_INLINE float relu_value(float x) { return at_least(x, 0.0F); }

TALLY_INLINE float relu6_value(float x) { return at_most(at_least(x, 0.0F), 6.0F); }

/// leaky_relu and prelu. `bound` is infinity, or the largest float32 where alpha is 0, lest 0 x infinity be NaN.
TALLY_INLINE float leaky_value(float x, float alpha, float bound) {
  const float negative = alpha * at_least(x, -bound);
  return x >= 0.0F ? x : negative;
}

/// `bound` as in leaky_value.
TALLY_INLINE float hard_sigmoid_value(float x, float alpha, float beta, float bound) {
  const float line = __builtin_fmaf(alpha, at_most(at_least(x, -bound), bound), beta);
  return at_most(at_least(line, 0.0F), 1.0F);
}

TALLY_INLINE float softsign_value(float x) {
  constexpr float largest = __FLT_MAX__;
  const float finite = at_most(at_least(x, -largest), largest);
  return finite / (1.0F + __builtin_fabsf(finite));
}

/// e^x / (e^x + 1) = p / (p + 2^-n) with e^x = 2^n p, everything scaled by 2^-24: then no intermediate value leaves the
/// normal range, and only the quotient may be subnormal.
TALLY_INLINE float sigmoid_value(float x) {
  const ReducedExponent e = reduce_exponent(at_most(at_least(x, -104.0F), 60.0F));
  const float p = exp_reduced(e.r, 0x1p-24F);
  return p / (p + inverse_power_of_two(e.n, -24));
}

/// x e^v / (e^v + 1) with v = argument + correction, of x's sign. The quotient is kept 2^32 too large until the last
/// multiplication: it may be subnormal where the product is not. x > 64 is returned as it is (x 2^32 may overflow).
TALLY_INLINE float times_sigmoid(float x, float argument, float correction) {
  const ReducedExponent e = reduce_exponent(argument, correction);
  const float p = exp_reduced(e.r);
  const float quotient = p / __builtin_fmaf(p, 0x1p-32F, inverse_power_of_two(e.n, -32));
  const float product = (x * quotient) * 0x1p-32F;
  return x > 64.0F ? x : product;
}

/// At -109.5, x e^x is below half the smallest float32.
TALLY_INLINE float silu_value(float x) {
  const float bounded = at_least(x, -109.5F);
  return times_sigmoid(bounded, at_most(bounded, 64.0F), 0.0F);
}

/// tanh |x| = -m / (m + 2) with m = e^(-2|x|) - 1.
TALLY_INLINE float tanh_value(float x) {
  const float m = expm1_nonpositive(at_least(-2.0F * __builtin_fabsf(x), -30.0F));
  return __builtin_copysignf(m / (m + 2.0F), x);
}

/// lambda, and lambda alpha: the constants of G. Klambauer et al., "Self-Normalizing Neural Networks" (2017).
constexpr float selu_scale = 1.0507009873554805F;
constexpr float selu_negative_scale = 1.7580993408473766F;

/// scale (x for x >= 0, else alpha (e^x - 1)); `negative_scale` is scale * alpha, rounded once.
TALLY_INLINE float elu_value(float x, float scale, float negative_scale) {
  const float argument = at_most(at_least(x, -30.0F), 0.0F);
  const float negative = negative_scale * expm1_nonpositive(argument);
  const float positive = scale * x;
  return x >= 0.0F ? positive : negative;
}

/// max(x, 0) + log(1 + t), t = e^-|x|, where log(1 + t) = 2 artanh(t / (2 + t)): a series in a small, positive square.
TALLY_INLINE float softplus_value(float x) {
  const float t = exp_nonpositive(at_least(-__builtin_fabsf(x), -104.0F));
  const float twice = (2.0F * t) / (2.0F + t);  // exactly t where t is subnormal
  const float square = 0.25F * twice * twice;
  // (artanh(s) / s - 1) / s^2 on s^2 in [0, 1/9]: own minimax fit, error 0.001 ULP of log(1 + t).
  float series = 1.212317199e-01F;
  series = __builtin_fmaf(series, square, 1.072185934e-01F);
  series = __builtin_fmaf(series, square, 1.430760920e-01F);
  series = __builtin_fmaf(series, square, 1.999947429e-01F);
  series = __builtin_fmaf(series, square, 3.333333731e-01F);
  return at_least(x, 0.0F) + __builtin_fmaf(twice * square, series, twice);
}

/// max(x, 0) - a Q(a), a = |x|, Q(a) = erfc(a / sqrt 2) / 2 = exp(-a^2 / 2) R(a), where R, half the scaled
/// complementary error function, is smooth and falls slowly from 1/2: a quotient of polynomials with positive
/// coefficients (own minimax fit on [0, 14.5], relative error 2^-27.2) loses nothing to cancellation.
TALLY_INLINE float gelu_value(float x) {
  const float a = at_most(__builtin_fabsf(x), 14.42F);  // beyond, the product is below half the smallest float32
  const float square = a * a;
  const float missing = __builtin_fmaf(a, a, -square);
  const ReducedExponent e = reduce_exponent(-0.5F * square, -0.5F * missing);
  // In double: ten roundings of float32 would cost 2 ULP.
  const double wide = static_cast<double>(a);
  double p = 4.08560090254e-03;
  p = __builtin_fma(p, wide, 4.04418091648e-02);
  p = __builtin_fma(p, wide, 1.82690134897e-01);
  p = __builtin_fma(p, wide, 4.37594970423e-01);
  p = __builtin_fma(p, wide, 0.5);
  double q = 1.02409602213e-02;
  q = __builtin_fma(q, wide, 1.01379160887e-01);
  q = __builtin_fma(q, wide, 4.68024945752e-01);
  q = __builtin_fma(q, wide, 1.20029688705e+00);
  q = __builtin_fma(q, wide, 1.67307478587e+00);
  q = __builtin_fma(q, wide, 1.0);
  const float mills = static_cast<float>(p) / static_cast<float>(q);
  // Scaled so that no factor or product is subnormal before the last one, however small or large `a` is.
  const float tail = exp_reduced(e.r, 0x1p+24F) * mills * a * power_of_two(e.n, 24) * 0x1p-48F;
  return at_least(x, 0.0F) - tail;
}

/// x s(v), v = 2 sqrt(2 / pi) (x + 0.044715 x^3), since (1 + tanh(v / 2)) / 2 = e^v / (e^v + 1). v reaches -107, where
/// an error of its last bit would be many of the result's: it is carried as the sum of two float32. Beyond -10.8 the
/// product is below half the smallest float32, beyond 7 it is x.
TALLY_INLINE float gelu_tanh_value(float x) {
  constexpr float c1 = 1.595769122e+00F;
  constexpr float c1_low = -4.534068042e-08F;
  constexpr float c3 = 7.135481628e-02F;
  constexpr float c3_low = 2.398832396e-09F;
  const float bounded = at_least(x, -10.8F);
  const float y = at_most(bounded, 7.0F);
  const float square = y * y;
  const float square_low = __builtin_fmaf(y, y, -square);
  const float cubic = c3 * square;
  const float cubic_low = __builtin_fmaf(c3, square, -cubic) + __builtin_fmaf(c3, square_low, c3_low * square);
  const float slope = c1 + cubic;
  const float back = slope - c1;
  const float slope_low = ((c1 - (slope - back)) + (cubic - back)) + (cubic_low + c1_low);
  const float argument = y * slope;
  const float correction = __builtin_fmaf(y, slope_low, __builtin_fmaf(y, slope, -argument));
  return times_sigmoid(bounded, argument, correction);
}

}  // namespace tally

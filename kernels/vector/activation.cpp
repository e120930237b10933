// Activations of runs of values. Formulas and error bounds are in activation.hpp.
#include "kernels/vector/activation_functions.hpp"
#include "kernels/vector/entries.hpp"

namespace tally::TALLY_VECTOR_NAMESPACE {
namespace {

/// What infinity counts as before a multiplication by alpha: 0 x infinity would be NaN, where the limit is 0.
TALLY_INLINE float bound_for(float alpha) { return alpha == 0.0F ? __FLT_MAX__ : __builtin_inff(); }

template <class Function>
TALLY_INLINE void transform(float* x, Index n, Function function) {
#pragma omp simd
  for (Index i = 0; i < n; ++i) x[i] = function(x[i]);
}

struct Step {
  TALLY_INLINE float operator()(float x) const { return step_value(x); }
};
struct Sigmoid {
  TALLY_INLINE float operator()(float x) const { return sigmoid_value(x); }
};
struct Relu {
  TALLY_INLINE float operator()(float x) const { return relu_value(x); }
};
struct Relu6 {
  TALLY_INLINE float operator()(float x) const { return relu6_value(x); }
};
struct LeakyRelu {
  float alpha;
  float bound;
  TALLY_INLINE float operator()(float x) const { return leaky_value(x, alpha, bound); }
};
struct Elu {
  float scale;
  float negative_scale;
  TALLY_INLINE float operator()(float x) const { return elu_value(x, scale, negative_scale); }
};
struct Tanh {
  TALLY_INLINE float operator()(float x) const { return tanh_value(x); }
};
struct Gelu {
  TALLY_INLINE float operator()(float x) const { return gelu_value(x); }
};
struct GeluTanh {
  TALLY_INLINE float operator()(float x) const { return gelu_tanh_value(x); }
};
struct Silu {
  TALLY_INLINE float operator()(float x) const { return silu_value(x); }
};
struct Softplus {
  TALLY_INLINE float operator()(float x) const { return softplus_value(x); }
};
struct Softsign {
  TALLY_INLINE float operator()(float x) const { return softsign_value(x); }
};
struct HardSigmoid {
  float alpha;
  float beta;
  float bound;
  TALLY_INLINE float operator()(float x) const { return hard_sigmoid_value(x, alpha, beta, bound); }
};

}  // namespace

void activate(const Activation& activation, float* x, Index n) {
  const float alpha = activation.alpha;
  const float bound = bound_for(alpha);
  switch (activation.kind) {
    case ActivationKind::identity:
    case ActivationKind::maxout:
    case ActivationKind::softmax:
      return;
    case ActivationKind::step:
      return transform(x, n, Step{});
    case ActivationKind::sigmoid:
      return transform(x, n, Sigmoid{});
    case ActivationKind::relu:
      return transform(x, n, Relu{});
    case ActivationKind::leaky_relu:
    case ActivationKind::prelu:
      return transform(x, n, LeakyRelu{alpha, bound});
    case ActivationKind::elu:
      return transform(x, n, Elu{1.0F, alpha});
    case ActivationKind::selu:
      return transform(x, n, Elu{selu_scale, selu_negative_scale});
    case ActivationKind::tanh:
      return transform(x, n, Tanh{});
    case ActivationKind::gelu:
      return transform(x, n, Gelu{});
    case ActivationKind::gelu_tanh:
      return transform(x, n, GeluTanh{});
    case ActivationKind::silu:
      return transform(x, n, Silu{});
    case ActivationKind::softplus:
      return transform(x, n, Softplus{});
    case ActivationKind::softsign:
      return transform(x, n, Softsign{});
    case ActivationKind::hard_sigmoid:
      return transform(x, n, HardSigmoid{alpha, activation.beta, bound});
    case ActivationKind::relu6:
      return transform(x, n, Relu6{});
  }
}

void take_larger(const float* a, float* z, Index n) {
  // Two comparisons that a NaN fails: a NaN in z stays, one in a is taken.
#pragma omp simd
  for (Index i = 0; i < n; ++i) z[i] = z[i] >= a[i] || z[i] != z[i] ? z[i] : a[i];
}

}  // namespace tally::TALLY_VECTOR_NAMESPACE

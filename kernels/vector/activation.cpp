// Activations of runs of values. Formulas and error bounds are in activation.hpp.
#include "kernels/vector/activation_functions.hpp"
#include "kernels/vector/entries.hpp"

namespace tally::TALLY_VECTOR_NAMESPACE {
namespace {

/// What infinity counts as before a multiplication by alpha: 0 x infinity would be NaN, where the limit is 0.
TALLY_INLINE float bound_for(float alpha) { return alpha == 0.0F ? __FLT_MAX__ : __builtin_inff(); }

using Floats = Vector<float, native_width>;
constexpr Index width = native_width;
using Several = Pair<Pair<Floats>>;  // measured: faster than a pair or one, by up to a fifth

/// V at a time, and what is left by single vectors.
template <class V, class Function>
TALLY_INLINE void transform(float* x, Index n, Function function) {
  constexpr Index at_once = size_of<V>;
  Index i = 0;
  for (; i + at_once <= n; i += at_once) store(function(Loaded<V>::from(x + i)), x + i);
  for (; i + width <= n; i += width) store(function(load<Floats>(x + i)), x + i);
  if (i < n) store_some(function(load_some<Floats>(x + i, n - i)), x + i, n - i);
}

struct Step {
  template <class V>
  TALLY_INLINE V operator()(V x) const {
    return step_values(x);
  }
};
struct Sigmoid {
  template <class V>
  TALLY_INLINE V operator()(V x) const {
    return sigmoid_values(x);
  }
};
struct Relu {
  template <class V>
  TALLY_INLINE V operator()(V x) const {
    return relu_values(x);
  }
};
struct Relu6 {
  template <class V>
  TALLY_INLINE V operator()(V x) const {
    return relu6_values(x);
  }
};
struct LeakyRelu {
  float alpha;
  float bound;
  template <class V>
  TALLY_INLINE V operator()(V x) const {
    return leaky_values(x, alpha, bound);
  }
};
struct Elu {
  float scale;
  float negative_scale;
  template <class V>
  TALLY_INLINE V operator()(V x) const {
    return elu_values(x, scale, negative_scale);
  }
};
struct Tanh {
  template <class V>
  TALLY_INLINE V operator()(V x) const {
    return tanh_values(x);
  }
};
struct Gelu {
  template <class V>
  TALLY_INLINE V operator()(V x) const {
    return gelu_values(x);
  }
};
struct GeluTanh {
  template <class V>
  TALLY_INLINE V operator()(V x) const {
    return gelu_tanh_values(x);
  }
};
struct Silu {
  template <class V>
  TALLY_INLINE V operator()(V x) const {
    return silu_values(x);
  }
};
struct Softplus {
  template <class V>
  TALLY_INLINE V operator()(V x) const {
    return softplus_values(x);
  }
};
struct Softsign {
  template <class V>
  TALLY_INLINE V operator()(V x) const {
    return softsign_values(x);
  }
};
struct HardSigmoid {
  float alpha;
  float beta;
  float bound;
  template <class V>
  TALLY_INLINE V operator()(V x) const {
    return hard_sigmoid_values(x, alpha, beta, bound);
  }
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
      return transform<Several>(x, n, Step{});
    case ActivationKind::sigmoid:
      return transform<Several>(x, n, Sigmoid{});
    case ActivationKind::relu:
      return transform<Several>(x, n, Relu{});
    case ActivationKind::leaky_relu:
    case ActivationKind::prelu:
      return transform<Several>(x, n, LeakyRelu{alpha, bound});
    case ActivationKind::elu:
      return transform<Several>(x, n, Elu{1.0F, alpha});
    case ActivationKind::selu:
      return transform<Several>(x, n, Elu{selu_scale, selu_negative_scale});
    case ActivationKind::tanh:
      return transform<Several>(x, n, Tanh{});
    case ActivationKind::gelu:
      return transform<Several>(x, n, Gelu{});
    case ActivationKind::gelu_tanh:
      return transform<Several>(x, n, GeluTanh{});
    case ActivationKind::silu:
      return transform<Several>(x, n, Silu{});
    case ActivationKind::softplus:
      return transform<Several>(x, n, Softplus{});
    case ActivationKind::softsign:
      return transform<Several>(x, n, Softsign{});
    case ActivationKind::hard_sigmoid:
      return transform<Several>(x, n, HardSigmoid{alpha, activation.beta, bound});
    case ActivationKind::relu6:
      return transform<Several>(x, n, Relu6{});
  }
}

namespace {

/// A NaN of either stays: in z, as larger() takes its second, and in a.
TALLY_INLINE Floats larger_or_nan(Floats a, Floats z) { return select(a == a, larger(a, z), a); }

}  // namespace

void take_larger(const float* a, float* z, Index n) {
  Index i = 0;
  for (; i + width <= n; i += width) store(larger_or_nan(load<Floats>(a + i), load<Floats>(z + i)), z + i);
  if (i == n) return;
  const Index rest = n - i;
  store_some(larger_or_nan(load_some<Floats>(a + i, rest), load_some<Floats>(z + i, rest)), z + i, rest);
}

}  // namespace tally::TALLY_VECTOR_NAMESPACE

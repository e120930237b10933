#include "kernels/activation.hpp"

#include <limits>
#include <stdexcept>

#include "kernels/activation_functions.hpp"
#include "kernels/multiversion.hpp"

namespace tally {
namespace {

// One function per formula, not one template: target_clones needs a plain function. Rows of a panel are short, so the
// choice of the formula stays outside of the loops.

TALLY_MULTIVERSION void run_step(float* x, Index n) {
#pragma omp simd
  for (Index i = 0; i < n; ++i) x[i] = step_value(x[i]);
}

TALLY_MULTIVERSION void run_sigmoid(float* x, Index n) {
#pragma omp simd
  for (Index i = 0; i < n; ++i) x[i] = sigmoid_value(x[i]);
}

TALLY_MULTIVERSION void run_relu(float* x, Index n) {
#pragma omp simd
  for (Index i = 0; i < n; ++i) x[i] = relu_value(x[i]);
}

TALLY_MULTIVERSION void run_relu6(float* x, Index n) {
#pragma omp simd
  for (Index i = 0; i < n; ++i) x[i] = relu6_value(x[i]);
}

TALLY_MULTIVERSION void run_leaky(float* x, Index n, float alpha, float bound) {
#pragma omp simd
  for (Index i = 0; i < n; ++i) x[i] = leaky_value(x[i], alpha, bound);
}

TALLY_MULTIVERSION void run_elu(float* x, Index n, float scale, float negative_scale) {
#pragma omp simd
  for (Index i = 0; i < n; ++i) x[i] = elu_value(x[i], scale, negative_scale);
}

TALLY_MULTIVERSION void run_tanh(float* x, Index n) {
#pragma omp simd
  for (Index i = 0; i < n; ++i) x[i] = tanh_value(x[i]);
}

TALLY_MULTIVERSION void run_gelu(float* x, Index n) {
#pragma omp simd
  for (Index i = 0; i < n; ++i) x[i] = gelu_value(x[i]);
}

TALLY_MULTIVERSION void run_gelu_tanh(float* x, Index n) {
#pragma omp simd
  for (Index i = 0; i < n; ++i) x[i] = gelu_tanh_value(x[i]);
}

TALLY_MULTIVERSION void run_silu(float* x, Index n) {
#pragma omp simd
  for (Index i = 0; i < n; ++i) x[i] = silu_value(x[i]);
}

TALLY_MULTIVERSION void run_softplus(float* x, Index n) {
#pragma omp simd
  for (Index i = 0; i < n; ++i) x[i] = softplus_value(x[i]);
}

TALLY_MULTIVERSION void run_softsign(float* x, Index n) {
#pragma omp simd
  for (Index i = 0; i < n; ++i) x[i] = softsign_value(x[i]);
}

TALLY_MULTIVERSION void run_hard_sigmoid(float* x, Index n, float alpha, float beta, float bound) {
#pragma omp simd
  for (Index i = 0; i < n; ++i) x[i] = hard_sigmoid_value(x[i], alpha, beta, bound);
}

// What infinity counts as before a multiplication by alpha: 0 x infinity would be NaN, where the limit is 0.
float bound_for(float alpha) {
  return alpha == 0.0F ? std::numeric_limits<float>::max() : std::numeric_limits<float>::infinity();
}

}  // namespace

void apply_activation(const Activation& activation, float* x, Index n) {
  switch (activation.kind) {
    case ActivationKind::identity:
    case ActivationKind::maxout:
      return;
    case ActivationKind::step:
      return run_step(x, n);
    case ActivationKind::sigmoid:
      return run_sigmoid(x, n);
    case ActivationKind::relu:
      return run_relu(x, n);
    case ActivationKind::leaky_relu:
    case ActivationKind::prelu:
      return run_leaky(x, n, activation.alpha, bound_for(activation.alpha));
    case ActivationKind::elu:
      return run_elu(x, n, 1.0F, activation.alpha);
    case ActivationKind::selu:
      return run_elu(x, n, selu_scale, selu_negative_scale);
    case ActivationKind::tanh:
      return run_tanh(x, n);
    case ActivationKind::gelu:
      return run_gelu(x, n);
    case ActivationKind::gelu_tanh:
      return run_gelu_tanh(x, n);
    case ActivationKind::silu:
      return run_silu(x, n);
    case ActivationKind::softplus:
      return run_softplus(x, n);
    case ActivationKind::softsign:
      return run_softsign(x, n);
    case ActivationKind::hard_sigmoid:
      return run_hard_sigmoid(x, n, activation.alpha, activation.beta, bound_for(activation.alpha));
    case ActivationKind::relu6:
      return run_relu6(x, n);
    case ActivationKind::softmax:
      break;
  }
  throw std::invalid_argument("softmax is a function of a whole row, not of one value");
}

}  // namespace tally

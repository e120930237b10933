#include "kernels/activation.hpp"

#include <stdexcept>

#include "kernels/vector/kernels.hpp"

namespace tally {

void apply_activation(const Activation& activation, float* x, Index n) {
  if (activation.kind == ActivationKind::softmax) {
    throw std::invalid_argument("softmax is a function of a whole row, not of one value");
  }
  vector_kernels().activate(activation, x, n);
}

}  // namespace tally

// Naive twins of the microkernel, of the input's conversion and of the forward pass, in double.
#pragma once

#include <span>
#include <vector>

#include "kernels/input.hpp"
#include "kernels/model.hpp"

namespace tally::reference {

/// c[l][i] + sum_j w[j][l] x[j][i], and how far float32 may be from it: with u = 2^-24, summing k products and c in any
/// order and grouping, fused or not, errs by at most (k + 1) u (|c| + sum |w x|) to first order (Higham, "Accuracy and
/// Stability of Numerical Algorithms", section 3.1); one k more covers the higher orders.
struct Sums {
  std::vector<double> value;  // [units][panel]
  std::vector<double> bound;  // [units][panel]
};
Sums panel_product(Index k, Index units, Index panel, const float* w, const float* x, const float* c);

/// Logits of one sample, and a bound on the error of a float32 forward pass. Through each layer the bound e of its
/// inputs x becomes sum_j |w_j| e_j + (k + 2) u (|b| + sum_j |w_j| (|x_j| + e_j)), then L times that and 8 ULP of the
/// activation's value, where L is the activation's largest slope; step errs by 1 where its argument may change sides.
struct Logits {
  std::vector<double> value;  // [outputs]
  std::vector<double> bound;  // [outputs]
};
Logits forward(const Model& model, std::span<const float> input);

/// Element j of row i as the network's input: the rules of kernels/input.hpp, one element at a time.
float input(const StoredRows& rows, const InputTransform& transform, Index i, Index j);

}  // namespace tally::reference

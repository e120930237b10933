// Naive twins of the GEMM, of the input's conversion and of the forward pass, in double.
#pragma once

#include <span>
#include <vector>

#include "kernels/input.hpp"
#include "kernels/model.hpp"

namespace tally::reference {

/// c[i][l] + sum_j a[i][j] b[j][l], and how far float32 may be from it: with u = 2^-24, summing k products and c in any
/// order and grouping, fused or not, errs by at most (k + 1) u (|c| + sum |a b|) to first order (Higham, "Accuracy and
/// Stability of Numerical Algorithms", section 3.1); one k more covers the higher orders.
struct Sums {
  std::vector<double> value;  // [m][n]
  std::vector<double> bound;  // [m][n]
};
Sums gemm_add(Index m, Index n, Index k, const float* a, Index lda, const float* b, Index ldb, const float* c,
              Index ldc);

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

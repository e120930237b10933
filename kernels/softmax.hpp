// Softmax and log-sum-exp in double precision: the forms that neither overflow nor lose small probabilities.
#pragma once

#include <span>

namespace tally {

/// log(sum_k exp(a_k)) = m + log(sum_k exp(a_k - m)), m = max a. Precondition: not empty, all finite.
double log_sum_exp(std::span<const double> a);

/// p_k = exp(a_k - m) / sum_j exp(a_j - m). p may be a. Same size, not empty, all finite. Rows sum to 1 within
/// 2 (K + 2) eps.
void softmax(std::span<const double> a, std::span<double> p);

}  // namespace tally

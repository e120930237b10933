// Softmax and log-sum-exp in double precision: the forms that neither overflow nor lose small probabilities.
//
// Sums run over eight lanes (element k goes to lane k mod 8) that are added in one fixed order, so the bits depend on
// no vector width.
#pragma once

#include <span>

namespace tally {

/// log(sum_k exp(a_k)) = m + log(sum_k exp(a_k - m)), m = max a. Precondition: not empty, all finite.
/// Error: (K / 8 + 8) eps relative to max(|m|, the result).
double log_sum_exp(std::span<const double> a);

/// p_k = exp(a_k - m) / sum_j exp(a_j - m). p may be a. Same size, not empty, all finite. Rows sum to 1 within
/// 2 (K + 2) eps. softmax(a + c) has the bits of softmax(a) where all a_k + c are exact; else each p_k differs by a
/// factor of at most e^(2 u), u the largest rounding of an a_k + c, and rounding.
void softmax(std::span<const double> a, std::span<double> p);

}  // namespace tally

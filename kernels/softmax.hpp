// Softmax and log-sum-exp in double precision: the forms that neither overflow nor lose small probabilities.
//
// Sums run over eight lanes (element k goes to lane k mod 8) that are added in one fixed order, so the bits depend on
// no vector width.
#pragma once

#include <cstddef>
#include <span>

namespace tally {

/// sum_k e^(a_k - m), m = max a, kept as 1 + rest: the sum without the term of the maximum, which is 1. A rest of 1e-30
/// would be lost in the whole sum, and with it the loss of a confident prediction.
struct ExponentialSum {
  /// The first of the largest.
  std::size_t argmax = 0;
  double maximum = 0.0;
  double rest = 0.0;

  double total() const { return 1.0 + rest; }
  /// log(total()), with relative accuracy also where it is near 0.
  double log() const;
};

/// Precondition: a not empty, all finite. `exponentials`: empty, or of a's size, which receives e^(a_k - m); may be a.
/// Relative error of rest: (K / 8 + 6) eps / 2 + the 0.88 ULP of an exponential.
ExponentialSum sum_exponentials(std::span<const double> a, std::span<double> exponentials);

/// log(sum_k exp(a_k)) = m + log(sum_k exp(a_k - m)), m = max a. Precondition: not empty, all finite.
/// Error: that of ExponentialSum::log, plus one rounding of the result.
double log_sum_exp(std::span<const double> a);

/// p_k = exp(a_k - m) / sum_j exp(a_j - m). p may be a. Same size, not empty, all finite. Rows sum to 1 within
/// 2 (K + 2) eps. softmax(a + c) has the bits of softmax(a) where all a_k + c are exact; else each p_k differs by a
/// factor of at most e^(2 u), u the largest rounding of an a_k + c, and rounding.
void softmax(std::span<const double> a, std::span<double> p);

}  // namespace tally

// Naive twins of the kernels, in double or wider and straight from the formulas, to measure the fast ones against.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/activation.hpp"
#include "kernels/types.hpp"

namespace tally::reference {

/// f(x) by the C library, in double; limits at +-infinity where the formula would give NaN.
double activation(const Activation& activation, double x);

/// How many units in the last place of float32 (at `expected`; subnormals have the smallest normal's) lie between the
/// two. 0 for two NaN or two equal infinities; an infinite distance where only one of the two is NaN or infinite,
/// except that a result beyond the range of float32 may be infinite.
double ulp_distance(float got, double expected);

/// The same in units of binary64 against a long double.
double ulp_distance(double got, long double expected);

/// Every `stride`-th float32, by its bits, through both signs, subnormals, infinities and NaN; then the ends of every
/// range: zeros, smallest, largest, infinities, NaN.
std::vector<float> strided_floats(std::uint32_t stride);

/// e^a_k / sum_j e^a_j after subtracting the maximum, in long double.
std::vector<long double> softmax(std::span<const long double> a);

/// log(sum_k e^a_k), in long double.
long double log_sum_exp(std::span<const long double> a);

/// The sum of the finite `terms`, exactly, rounded once to nearest, ties to even: schoolbook arithmetic on single bits.
double exact_sum(std::span<const double> terms);

}  // namespace tally::reference

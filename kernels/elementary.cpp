#include "kernels/elementary.hpp"

#include "kernels/vector/kernels.hpp"

namespace tally {

double exp_exact_bits(double x) { return vector_kernels().exp(x); }
double log_exact_bits(double x) { return vector_kernels().log(x); }
double log1p_exact_bits(double x) { return vector_kernels().log1p(x); }

}  // namespace tally

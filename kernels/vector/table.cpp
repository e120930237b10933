#include "kernels/vector/entries.hpp"

namespace tally::TALLY_VECTOR_NAMESPACE {

const VectorKernels kernels = {activate,    take_larger,      score_softmax, score_sigmoid, exp_value, log_value,
                               log1p_value, add_exponentials, pack,          multiply,      fill_rows, burn};

}  // namespace tally::TALLY_VECTOR_NAMESPACE

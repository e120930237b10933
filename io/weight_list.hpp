// The common form of files that hold bare arrays W1, b1, W2, b2, ...: from named arrays to a model.
#pragma once

#include <string>
#include <vector>

#include "io/activation_choice.hpp"
#include "kernels/model.hpp"

namespace tally::io {

/// One array, as a file holds it, converted to float32. shape has 1 to 3 dimensions; values are row-major.
struct NamedArray {
  std::string name;
  std::vector<Index> shape;
  std::vector<float> values;
};

/// W1, b1, W2 ... or w1 ...: a letter and a number from 1 without leading zeros.
bool is_weight_name(const std::string& name);

/// Arrays named W1, b1, W2, b2 ... or w1, b1 ... (numbers from 1, without gaps; any order; bN of shape [out] or
/// [1, out]; a missing bN is zero) become a model with the chosen activations. Weights are [in, out]; with maxout:p in
/// layer N, WN is [p, in, out] and bN [p, out]. Names outside this scheme are an Error that names them. Errors name the
/// file. A choice that leaves activations open (see chosen_activations): UsageError unless `activations_optional`; then
/// every activation is identity, or maxout where the weights have pieces, and means nothing.
Model model_from_weights(const std::string& file, std::vector<NamedArray> arrays, const ActivationChoice& choice,
                         bool activations_optional);

}  // namespace tally::io

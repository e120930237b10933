// A layer's activation in the native format: attributes of its group, each stored, none defaulted.
#pragma once

#include "io/hdf5.hpp"
#include "kernels/model.hpp"

namespace tally::io {

/// The attribute `activation` (a bare name, no parameters in the text) and those of `alpha`, `beta`, `pieces` that its
/// kind has: leaky_relu, elu alpha; prelu alpha or the dataset `slopes`, not both; hard_sigmoid alpha and beta; maxout
/// pieces. Error for one that is missing, and for one (or `slopes`) that the kind has not.
Activation read_activation(const hdf5::Group& layer);

/// Writes the same attributes.
void write_activation(const hdf5::Group& group, const Layer& layer);

}  // namespace tally::io

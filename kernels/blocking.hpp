// How large the pieces are that a network is worked on in: sizes of caches, within which speed hardly changes.
#pragma once

#include "kernels/microkernel.hpp"
#include "kernels/model.hpp"

namespace tally {

/// Panels that one thread takes through the whole network at a time. One where the weights stay in L2 beside it; more
/// where they do not, so that each fetch of them serves more samples, but no more than one whose results, in two layers
/// of the widest one's size, would pass 32 MiB.
Index panels_per_tile(const Model& model, const Microkernel& kernel);

/// Inputs that are multiplied before the next ones, the same for every block of a layer but the last: so many that a
/// panel's inputs and a tile's weights stay in L1 for a layer whose weights stay in L2, and in L2 for a larger one.
/// first: the layer takes the network's input, which is packed block by block, in squares of 16 x 16.
Index inputs_per_block(const Layer& layer, bool first, const Microkernel& kernel);

}  // namespace tally

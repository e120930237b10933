// The naive twin of a sample's score, in long double and by sorting.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/activation.hpp"
#include "kernels/types.hpp"

namespace tally::reference {

/// The definitions of kernels/score.hpp. Of a sample with a logit that is not finite, predicted and rank are -1 and
/// there is nothing else.
struct Score {
  std::int32_t predicted = -1;
  std::int32_t rank = -1;
  std::vector<long double> values;         // what softmax is taken of: [classes]
  std::vector<long double> probabilities;  // [classes]
  long double cross_entropy = 0.0L;
};
Score score(ActivationKind output, std::span<const float> logits, Index label);

}  // namespace tally::reference

// What an evaluation counts; partial counts add up to the whole, exactly, in any order.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernels/exact_sum.hpp"
#include "kernels/types.hpp"

namespace tally {

struct Counts {
  Index samples = 0;
  Index correct = 0;
  /// Samples with a NaN or infinite logit: not correct, left out of the loss.
  Index nonfinite = 0;
  /// Sum of the cross entropies, in nats, of the samples - nonfinite finite samples.
  ExactSum cross_entropy;

  Counts& operator+=(const Counts& other);

  /// correct / samples; NaN for no samples.
  double accuracy() const;
  /// cross_entropy / (samples - nonfinite); NaN where that is no sample.
  double mean_cross_entropy() const;

  /// For the reduction: a vector of fixed length whose element-wise int64 sum over ranks is the counts of all ranks.
  std::vector<std::int64_t> to_words() const;
  /// Throws std::invalid_argument on another length.
  static Counts from_words(std::span<const std::int64_t> words);
};

}  // namespace tally

#include "kernels/counts.hpp"

#include <algorithm>
#include <limits>
#include <stdexcept>
#include <string>
#include <utility>

namespace tally {
namespace {

constexpr std::size_t integers = 3;  // samples, correct, nonfinite

double ratio(double sum, Index count) {
  return count > 0 ? sum / static_cast<double>(count) : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

Counts& Counts::operator+=(const Counts& other) {
  samples += other.samples;
  correct += other.correct;
  nonfinite += other.nonfinite;
  cross_entropy += other.cross_entropy;
  return *this;
}

double Counts::accuracy() const { return ratio(static_cast<double>(correct), samples); }

double Counts::mean_cross_entropy() const { return ratio(cross_entropy.value(), samples - nonfinite); }

std::vector<std::int64_t> Counts::to_words() const {
  // Normalised digits are below 2^32, so that 2^30 ranks' words add up without overflow.
  ExactSum sum = cross_entropy;
  sum.normalize();
  std::vector<std::int64_t> words = {samples, correct, nonfinite};
  const std::span<const std::int64_t> digits = std::as_const(sum).data();
  words.insert(words.end(), digits.begin(), digits.end());
  return words;
}

Counts Counts::from_words(std::span<const std::int64_t> words) {
  if (words.size() != integers + ExactSum::words) {
    throw std::invalid_argument("counts take " + std::to_string(integers + ExactSum::words) + " words, not " +
                                std::to_string(words.size()));
  }
  Counts counts;
  counts.samples = words[0];
  counts.correct = words[1];
  counts.nonfinite = words[2];
  std::copy(words.begin() + integers, words.end(), counts.cross_entropy.data().begin());
  counts.cross_entropy.normalize();
  return counts;
}

}  // namespace tally

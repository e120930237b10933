#include "kernels/score.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "kernels/elementary_inlined.hpp"
#include "kernels/multiversion.hpp"

namespace tally {
namespace {

// Samples lie along the vector, so a block of `lanes` of them is worked on class by class; its intermediate values stay
// in L1. What does not fill a wide block goes one by one, through the same lines and so with the same bits.
constexpr std::size_t wide = 32;

template <std::size_t lanes>
struct BlockState {
  alignas(64) std::array<float, lanes> largest;           // logit
  alignas(64) std::array<std::int32_t, lanes> predicted;  // where it is
  alignas(64) std::array<float, lanes> defect;            // 0, or NaN if a logit was not finite
  alignas(64) std::array<double, lanes> maximum;          // value_of(largest)
  alignas(64) std::array<double, lanes> rest;
  alignas(64) std::array<double, lanes> log_total;
};

/// What a block is given and where its results go; `probabilities` may be null.
struct Block {
  const float* logits;
  Index units;
  Index ld;
  const Index* labels;
  Score* scores;
  float* probabilities;
};

/// log sigmoid(a) = min(a, 0) - log(1 + e^-|a|): finite for every finite a.
TALLY_INLINE double log_sigmoid(double a) {
  return (a < 0.0 ? a : 0.0) - log1p_inlined(exp_inlined(-__builtin_fabs(a)));
}

/// The number whose softmax is taken. (Sigmoid is monotone, so the largest logit has the largest value.)
template <bool sigmoid>
TALLY_INLINE double value_of(float logit) {
  const auto a = static_cast<double>(logit);
  if constexpr (sigmoid) return log_sigmoid(a);
  return a;
}

template <std::size_t lanes>
TALLY_INLINE void find_largest(const Block& b, BlockState<lanes>& s) {
  s.largest.fill(-std::numeric_limits<float>::infinity());
  s.predicted.fill(0);
  s.defect.fill(0.0F);
  for (Index k = 0; k < b.units; ++k) {
    const float* const row = b.logits + k * b.ld;
    const auto label = static_cast<std::int32_t>(k);
#pragma omp simd
    for (std::size_t i = 0; i < lanes; ++i) {
      const float a = row[i];
      const bool larger = a > s.largest[i];
      s.predicted[i] = larger ? label : s.predicted[i];
      s.largest[i] = larger ? a : s.largest[i];
      s.defect[i] += a * 0.0F;  // NaN for infinity and NaN
    }
  }
}

template <bool sigmoid, std::size_t lanes>
TALLY_INLINE void sum_exponentials(const Block& b, BlockState<lanes>& s) {
#pragma omp simd
  for (std::size_t i = 0; i < lanes; ++i) {
    s.maximum[i] = value_of<sigmoid>(s.largest[i]);
    s.rest[i] = 0.0;
  }
  for (Index k = 0; k < b.units; ++k) {
    const float* const row = b.logits + k * b.ld;
    const auto label = static_cast<std::int32_t>(k);
#pragma omp simd
    for (std::size_t i = 0; i < lanes; ++i) {
      const double e = exp_inlined(value_of<sigmoid>(row[i]) - s.maximum[i]);
      s.rest[i] += s.predicted[i] == label ? 0.0 : e;
    }
  }
#pragma omp simd
  for (std::size_t i = 0; i < lanes; ++i) s.log_total[i] = log1p_inlined(s.rest[i]);
}

/// The probabilities of class k.
template <bool sigmoid, std::size_t lanes>
TALLY_INLINE void write_probabilities(const Block& b, Index k, const BlockState<lanes>& s) {
  alignas(64) std::array<float, lanes> column;
  const float* const row = b.logits + k * b.ld;
  const auto label = static_cast<std::int32_t>(k);
  constexpr float nan = std::numeric_limits<float>::quiet_NaN();
#pragma omp simd
  for (std::size_t i = 0; i < lanes; ++i) {
    const double e = exp_inlined(value_of<sigmoid>(row[i]) - s.maximum[i]);
    const double of_class = s.predicted[i] == label ? 1.0 : e;
    const auto rounded = static_cast<float>(of_class / (1.0 + s.rest[i]));
    column[i] = s.defect[i] == 0.0F ? rounded : nan;
  }
  for (std::size_t i = 0; i < lanes; ++i) b.probabilities[static_cast<Index>(i) * b.units + k] = column[i];
}

template <bool sigmoid, std::size_t lanes>
TALLY_INLINE void score_block(const Block& b) {
  constexpr double nan = std::numeric_limits<double>::quiet_NaN();
  BlockState<lanes> s;
  find_largest(b, s);
  sum_exponentials<sigmoid>(b, s);
  alignas(64) std::array<float, lanes> of_label;
  for (std::size_t i = 0; i < lanes; ++i) of_label[i] = b.logits[b.labels[i] * b.ld + static_cast<Index>(i)];
  alignas(64) std::array<double, lanes> loss;
  alignas(64) std::array<float, lanes> confidence;
#pragma omp simd
  for (std::size_t i = 0; i < lanes; ++i) {
    loss[i] = (s.maximum[i] - value_of<sigmoid>(of_label[i])) + s.log_total[i];
    confidence[i] = static_cast<float>(1.0 / (1.0 + s.rest[i]));
  }
  for (std::size_t i = 0; i < lanes; ++i) {
    const bool finite = s.defect[i] == 0.0F;
    b.scores[i] = finite ? Score{s.predicted[i], confidence[i], loss[i]} : Score{-1, static_cast<float>(nan), nan};
  }
  if (b.probabilities == nullptr) return;
  for (Index k = 0; k < b.units; ++k) write_probabilities<sigmoid>(b, k, s);
}

TALLY_MULTIVERSION void score_wide_softmax(const Block& b) { score_block<false, wide>(b); }
TALLY_MULTIVERSION void score_wide_sigmoid(const Block& b) { score_block<true, wide>(b); }
TALLY_MULTIVERSION void score_one_softmax(const Block& b) { score_block<false, 1>(b); }
TALLY_MULTIVERSION void score_one_sigmoid(const Block& b) { score_block<true, 1>(b); }

/// One unit is the log odds of class 1 against class 0: two classes with logits 0 and a.
template <std::size_t lanes>
void score_one_unit(Block b, void (*score)(const Block&)) {
  std::array<float, 2 * lanes> logits{};
  std::copy_n(b.logits, lanes, logits.begin() + lanes);
  b.logits = logits.data();
  b.units = 2;
  b.ld = static_cast<Index>(lanes);
  score(b);
}

}  // namespace

void score_tile(ActivationKind output, const float* logits, Index units, Index ld, std::span<const Index> labels,
                std::span<Score> scores, std::span<float> probabilities) {
  const bool sigmoid = output == ActivationKind::sigmoid;
  const auto classes = static_cast<std::size_t>(units == 1 ? 2 : units);
  for (std::size_t first = 0; first < labels.size();) {
    const bool fits = labels.size() - first >= wide;
    float* const p = probabilities.empty() ? nullptr : probabilities.data() + first * classes;
    const Block b{logits + first, units, ld, labels.data() + first, scores.data() + first, p};
    if (units == 1) {
      fits ? score_one_unit<wide>(b, score_wide_softmax) : score_one_unit<1>(b, score_one_softmax);
    } else if (fits) {
      sigmoid ? score_wide_sigmoid(b) : score_wide_softmax(b);
    } else {
      sigmoid ? score_one_sigmoid(b) : score_one_softmax(b);
    }
    first += fits ? wide : 1;
  }
}

Score score_sample(ActivationKind output, std::span<const float> logits, Index label, std::span<float> probabilities) {
  Score score;
  score_tile(output, logits.data(), static_cast<Index>(logits.size()), 1, {&label, 1}, {&score, 1}, probabilities);
  return score;
}

}  // namespace tally

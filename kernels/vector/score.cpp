// Logits to scores, samples along the vector: score.hpp has the definitions.
#include "kernels/vector/elementary_inlined.hpp"
#include "kernels/vector/entries.hpp"

namespace tally::TALLY_VECTOR_NAMESPACE {
namespace {

// A block of `lanes` samples is worked on class by class; its intermediate values stay in L1. What does not fill a wide
// block goes in narrower ones, through the same lines and so with the same bits.
template <Index lanes>
struct BlockState {
  alignas(64) float largest[lanes];           // logit
  alignas(64) std::int32_t predicted[lanes];  // where it is
  alignas(64) float defect[lanes];            // 0, or NaN if a logit was not finite
  alignas(64) float of_label[lanes];          // the true class's logit
  alignas(64) std::int32_t label[lanes];
  alignas(64) std::int32_t rank[lanes];  // classes that come before the true one
  alignas(64) double maximum[lanes];     // value_of(largest)
  alignas(64) double rest[lanes];
  alignas(64) double log_total[lanes];
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

template <Index lanes>
TALLY_INLINE void find_largest(const ScoreRequest& b, BlockState<lanes>& s) {
  for (Index i = 0; i < lanes; ++i) {
    s.label[i] = static_cast<std::int32_t>(b.labels[i]);
    s.of_label[i] = b.logits[b.labels[i] * b.ld + i];
    s.largest[i] = -__builtin_inff();
    s.predicted[i] = 0;
    s.rank[i] = 0;
    s.defect[i] = 0.0F;
  }
  for (Index k = 0; k < b.units; ++k) {
    const float* const row = b.logits + k * b.ld;
    const auto label = static_cast<std::int32_t>(k);
#pragma omp simd
    for (Index i = 0; i < lanes; ++i) {
      const float a = row[i];
      const bool larger = a > s.largest[i];
      s.predicted[i] = larger ? label : s.predicted[i];
      s.largest[i] = larger ? a : s.largest[i];
      s.defect[i] += a * 0.0F;  // NaN for infinity and NaN
      const std::int32_t above = a > s.of_label[i] ? 1 : 0;
      const std::int32_t level = a == s.of_label[i] ? 1 : 0;
      const std::int32_t lower = label < s.label[i] ? 1 : 0;
      s.rank[i] += above | (level & lower);
    }
  }
}

template <bool sigmoid, Index lanes>
TALLY_INLINE void sum_exponentials(const ScoreRequest& b, BlockState<lanes>& s) {
#pragma omp simd
  for (Index i = 0; i < lanes; ++i) {
    s.maximum[i] = value_of<sigmoid>(s.largest[i]);
    s.rest[i] = 0.0;
  }
  for (Index k = 0; k < b.units; ++k) {
    const float* const row = b.logits + k * b.ld;
    const auto label = static_cast<std::int32_t>(k);
#pragma omp simd
    for (Index i = 0; i < lanes; ++i) {
      const double e = exp_inlined(value_of<sigmoid>(row[i]) - s.maximum[i]);
      s.rest[i] += s.predicted[i] == label ? 0.0 : e;
    }
  }
#pragma omp simd
  for (Index i = 0; i < lanes; ++i) s.log_total[i] = log1p_inlined(s.rest[i]);
}

/// The probabilities of class k.
template <bool sigmoid, Index lanes>
TALLY_INLINE void write_probabilities(const ScoreRequest& b, Index k, const BlockState<lanes>& s) {
  alignas(64) float column[lanes];
  const float* const row = b.logits + k * b.ld;
  const auto label = static_cast<std::int32_t>(k);
  const float nan = __builtin_nanf("");
#pragma omp simd
  for (Index i = 0; i < lanes; ++i) {
    const double e = exp_inlined(value_of<sigmoid>(row[i]) - s.maximum[i]);
    const double of_class = s.predicted[i] == label ? 1.0 : e;
    const auto rounded = static_cast<float>(of_class / (1.0 + s.rest[i]));
    column[i] = s.defect[i] == 0.0F ? rounded : nan;
  }
  for (Index i = 0; i < lanes; ++i) b.probabilities[i * b.units + k] = column[i];
}

template <bool sigmoid, Index lanes>
TALLY_INLINE void score_block(const ScoreRequest& b) {
  BlockState<lanes> s;
  find_largest(b, s);
  sum_exponentials<sigmoid>(b, s);
  alignas(64) double loss[lanes];
  alignas(64) float confidence[lanes];
#pragma omp simd
  for (Index i = 0; i < lanes; ++i) {
    loss[i] = (s.maximum[i] - value_of<sigmoid>(s.of_label[i])) + s.log_total[i];
    confidence[i] = static_cast<float>(1.0 / (1.0 + s.rest[i]));
  }
  for (Index i = 0; i < lanes; ++i) {
    const bool finite = s.defect[i] == 0.0F;
    Score& score = b.scores[i];
    score.predicted = finite ? s.predicted[i] : -1;
    score.rank = finite ? s.rank[i] : -1;
    score.confidence = finite ? confidence[i] : __builtin_nanf("");
    score.cross_entropy = finite ? loss[i] : __builtin_nan("");
  }
  if (b.probabilities == nullptr) return;
  for (Index k = 0; k < b.units; ++k) write_probabilities<sigmoid>(b, k, s);
}

/// As many blocks of `lanes` as fit; what is left stays in `b`.
template <bool sigmoid, Index lanes>
TALLY_INLINE void score_blocks(ScoreRequest& b) {
  for (; b.count >= lanes; b.count -= lanes) {
    score_block<sigmoid, lanes>(b);
    b.logits += lanes;
    b.labels += lanes;
    b.scores += lanes;
    if (b.probabilities != nullptr) b.probabilities += lanes * b.units;
  }
}

template <bool sigmoid>
TALLY_INLINE void score_all(ScoreRequest b) {
  score_blocks<sigmoid, 32>(b);
  score_blocks<sigmoid, 8>(b);
  score_blocks<sigmoid, 1>(b);
}

}  // namespace

void score_softmax(const ScoreRequest& request) { score_all<false>(request); }
void score_sigmoid(const ScoreRequest& request) { score_all<true>(request); }

}  // namespace tally::TALLY_VECTOR_NAMESPACE

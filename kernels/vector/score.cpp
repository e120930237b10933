// Logits to scores, samples along the vector: score.hpp has the definitions.
#include "kernels/vector/elementary_inlined.hpp"
#include "kernels/vector/entries.hpp"

namespace tally::TALLY_VECTOR_NAMESPACE {
namespace {

// A block of samples is worked on class by class: each number of a sample has its place in one of these.
using Floats = Pair<Vector<float, native_width>>;
using Ints = Pair<Vector<std::int32_t, native_width>>;
using Doubles = decltype(to_double(Floats{}));
constexpr Index block_size = size_of<Floats>;

/// Where a block's logits are: all of them, or the first `samples` only.
struct WholeBlock {
  TALLY_INLINE Index size() const { return block_size; }
  TALLY_INLINE Floats row(const float* logits) const { return Loaded<Floats>::from(logits); }
};
struct PartialBlock {
  Index samples;
  TALLY_INLINE Index size() const { return samples; }
  TALLY_INLINE Floats row(const float* logits) const { return Loaded<Floats>::some_from(logits, samples); }
};

struct LowerHalves {
  static constexpr int at(int lane) { return 2 * lane + (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__ ? 0 : 1); }
};

/// Labels as 32-bit integers. An array of them, stored one by one and then loaded as a vector, would not be forwarded
/// from the stores: the load would wait until all instructions before have retired.
TALLY_INLINE Vector<std::int32_t, native_width> shortened(const Index* labels) {
  using V = Vector<float, native_width>;
  const V halves = shuffle<LowerHalves, native_width>(load<V>(labels), load<V>(labels + native_width / 2));
  return bits_as<Vector<std::int32_t, native_width>>(halves);
}
TALLY_INLINE Ints labels_of(const Index* labels, WholeBlock /*all*/) {
  return {shortened(labels), shortened(labels + native_width)};
}
TALLY_INLINE Ints labels_of(const Index* labels, PartialBlock block) {
  Index padded[block_size] = {};
  for (Index i = 0; i < block.samples; ++i) padded[i] = labels[i];
  return labels_of(padded, WholeBlock{});
}

/// log sigmoid(a) = min(a, 0) - log(1 + e^-|a|): finite for every finite a.
TALLY_INLINE Doubles log_sigmoid(Doubles a) { return at_most(a, 0.0) - log1p_values(exp_at_most_one(-absolute(a))); }

/// The numbers whose softmax is taken. (Sigmoid is monotone, so the largest logit has the largest value.)
template <bool sigmoid>
TALLY_INLINE Doubles values_of(Floats logits) {
  if constexpr (sigmoid) return log_sigmoid(to_double(logits));
  return to_double(logits);
}

struct Largest {
  Floats logit;
  Ints where;
  Floats of_label;  // the true class's logit
  Floats defect;    // 0, or NaN if a logit was not finite
};

template <class Block>
TALLY_INLINE Largest find_largest(const ScoreRequest& b, Block block) {
  const Ints labels = labels_of(b.labels, block);
  Largest found = {broadcast<Floats>(-__builtin_inff()), {}, {}, {}};
  for (Index k = 0; k < b.units; ++k) {
    const Floats a = block.row(b.logits + k * b.ld);
    const Ints here = broadcast<Ints>(static_cast<std::int32_t>(k));
    found.where = select(a > found.logit, here, found.where);
    found.logit = larger(a, found.logit);
    found.of_label = select(labels == here, a, found.of_label);
    found.defect = found.defect + a * 0.0F;  // NaN for infinity and NaN
  }
  return found;
}

struct Sums {
  Doubles maximum;  // values_of(largest logit)
  Doubles rest;     // sum of the exponentials of the other classes
  Ints rank;        // classes that come before the true one
};

template <bool sigmoid, class Block>
TALLY_INLINE Sums sum_exponentials(const ScoreRequest& b, Block block, const Largest& largest) {
  const Ints labels = labels_of(b.labels, block);
  Sums sums = {values_of<sigmoid>(largest.logit), {}, {}};
  const Floats nothing = broadcast<Floats>(-__builtin_inff());  // its exponential is 0
  for (Index k = 0; k < b.units; ++k) {
    const Floats a = block.row(b.logits + k * b.ld);
    const Ints here = broadcast<Ints>(static_cast<std::int32_t>(k));
    const Doubles v = values_of<sigmoid>(select(largest.where == here, nothing, a));
    sums.rest = sums.rest + exp_at_most_one(v - sums.maximum);
    const Ints before = (a > largest.of_label) | ((a == largest.of_label) & (here < labels));
    sums.rank = sums.rank - before;  // true is -1
  }
  return sums;
}

/// Those of the predicted class are 1 / (1 + rest), as e^0 is 1.
template <bool sigmoid, class Block>
TALLY_INLINE void write_probabilities(const ScoreRequest& b, Block block, const Sums& sums, Floats defect) {
  for (Index k = 0; k < b.units; ++k) {
    const Doubles v = values_of<sigmoid>(block.row(b.logits + k * b.ld));
    const Floats p = to_float(exp_at_most_one(v - sums.maximum) / (1.0 + sums.rest));
    alignas(64) float column[block_size];
    store(p + defect, column);
    for (Index i = 0; i < block.size(); ++i) b.probabilities[i * b.units + k] = column[i];
  }
}

template <bool sigmoid, class Block>
TALLY_INLINE void write_scores(const ScoreRequest& b, Block block, const Largest& largest, const Sums& sums) {
  const Doubles of_label = values_of<sigmoid>(largest.of_label);
  alignas(64) double loss[block_size];
  store((sums.maximum - of_label) + log1p_values(sums.rest) + to_double(largest.defect), loss);
  alignas(64) float confidence[block_size];
  store(to_float(1.0 / (1.0 + sums.rest)) + largest.defect, confidence);
  const auto finite = largest.defect == 0.0F;
  alignas(64) std::int32_t predicted[block_size];
  store(select(finite, largest.where, broadcast<Ints>(-1)), predicted);
  alignas(64) std::int32_t rank[block_size];
  store(select(finite, sums.rank, broadcast<Ints>(-1)), rank);
  for (Index i = 0; i < block.size(); ++i) {
    Score& score = b.scores[i];
    score.predicted = predicted[i];
    score.rank = rank[i];
    score.confidence = confidence[i];
    score.cross_entropy = loss[i];
  }
}

/// The same request without its first samples.
TALLY_INLINE ScoreRequest after(ScoreRequest b, Index samples) {
  b.logits += samples;
  b.labels += samples;
  b.scores += samples;
  b.count -= samples;
  if (b.probabilities != nullptr) b.probabilities += samples * b.units;
  return b;
}

/// `count` blocks, step by step: what ends one step of a block need not be waited for before the next block's begins.
template <bool sigmoid, int count, class Block>
TALLY_INLINE void score_blocks(const ScoreRequest& b, Block block) {
  Largest largest[count];
  Sums sums[count];
  for (int j = 0; j < count; ++j) largest[j] = find_largest(after(b, j * block_size), block);
  for (int j = 0; j < count; ++j) sums[j] = sum_exponentials<sigmoid>(after(b, j * block_size), block, largest[j]);
  for (int j = 0; j < count; ++j) write_scores<sigmoid>(after(b, j * block_size), block, largest[j], sums[j]);
  if (b.probabilities == nullptr) return;
  for (int j = 0; j < count; ++j) {
    write_probabilities<sigmoid>(after(b, j * block_size), block, sums[j], largest[j].defect);
  }
}

template <bool sigmoid>
TALLY_INLINE void score_all(ScoreRequest b) {
  // Without an fma instruction, time goes elsewhere.
  constexpr int together = native_width == 4 ? 1 : 32 / block_size;
  for (; b.count >= together * block_size; b = after(b, together * block_size)) {
    score_blocks<sigmoid, together>(b, WholeBlock{});
  }
  for (; b.count >= block_size; b = after(b, block_size)) score_blocks<sigmoid, 1>(b, WholeBlock{});
  if (b.count > 0) score_blocks<sigmoid, 1>(b, PartialBlock{b.count});
}

}  // namespace

void score_softmax(const ScoreRequest& request) { score_all<false>(request); }
void score_sigmoid(const ScoreRequest& request) { score_all<true>(request); }

}  // namespace tally::TALLY_VECTOR_NAMESPACE

// A block of rows, evaluated in one or several parts, with results that end where memory does.
#pragma once

#include <algorithm>
#include <bit>
#include <random>
#include <span>
#include <vector>

#include "kernels/evaluate.hpp"
#include "tests/kernels/each_vector_isa.hpp"
#include "tests/kernels/guarded_array.hpp"

namespace tally {

class EvaluatedBlock {
 public:
  EvaluatedBlock(const Network& network, const StoredRows& rows, const InputTransform& transform,
                 std::span<const std::int64_t> labels, Guard guard = Guard::after)
      : network_(network),
        rows_(rows),
        transform_(transform),
        labels_(rows.rows, guard),
        predicted_(rows.rows, guard),
        confidence_(rows.rows, guard),
        probabilities_(rows.rows * network.classes(), guard) {
    std::copy(labels.begin(), labels.end(), labels_.begin());
  }

  /// Rows [first, first + count).
  void evaluate(Index first, Index count, int threads, PhaseClock* clock = nullptr) {
    const Block part = block(first, count);
    counts += evaluate_rows(network_, part.rows, transform_, part.labels, threads, part.outputs, clock);
  }
  /// The same rows, to be evaluated by other means.
  Block block(Index first, Index count) {
    const auto from = static_cast<std::size_t>(first);
    const auto length = static_cast<std::size_t>(count);
    const auto classes = static_cast<std::size_t>(network_.classes());
    return {{rows_.row(first), rows_.type, count, rows_.inputs},
            labels_.span().subspan(from, length),
            {predicted_.span().subspan(from, length), confidence_.span().subspan(from, length),
             probabilities_.span().subspan(from * classes, length * classes)}};
  }
  void evaluate_all(int threads, PhaseClock* clock = nullptr) { evaluate(0, rows_.rows, threads, clock); }
  /// In parts of random lengths up to `longest`.
  void evaluate_in_parts(std::mt19937_64& random, Index longest, int threads) {
    for (Index first = 0; first < rows_.rows;) {
      const Index length = 1 + static_cast<Index>(random() % static_cast<std::uint64_t>(longest));
      const Index count = std::min(length, rows_.rows - first);
      evaluate(first, count, threads);
      first += count;
    }
  }

  /// Everything that two evaluations must agree on.
  std::vector<std::uint64_t> bits() const {
    std::vector<std::uint64_t> all = {
        static_cast<std::uint64_t>(counts.samples), static_cast<std::uint64_t>(counts.correct),
        static_cast<std::uint64_t>(counts.nonfinite), std::bit_cast<std::uint64_t>(counts.cross_entropy.value())};
    for (const std::int32_t x : predicted_) all.push_back(static_cast<std::uint32_t>(x));
    for (const float x : confidence_) all.push_back(bits_of(x));
    for (const float x : probabilities_) all.push_back(bits_of(x));
    return all;
  }

  std::span<const std::int32_t> predicted() const { return predicted_.span(); }

  Counts counts;

 private:
  const Network& network_;
  StoredRows rows_;
  InputTransform transform_;
  GuardedArray<std::int64_t> labels_;
  GuardedArray<std::int32_t> predicted_;
  GuardedArray<float> confidence_;
  GuardedArray<float> probabilities_;
};

inline std::vector<std::int64_t> random_labels(std::mt19937_64& random, const Network& network, Index rows) {
  std::vector<std::int64_t> labels(static_cast<std::size_t>(rows));
  const auto classes = static_cast<std::uint64_t>(network.classes());
  for (std::int64_t& label : labels) label = static_cast<std::int64_t>(random() % classes);
  return labels;
}

}  // namespace tally

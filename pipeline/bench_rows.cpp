#include "pipeline/bench_rows.hpp"

#include <algorithm>
#include <cstring>

namespace tally::pipeline {
namespace {

/// SplitMix64 (Steele, Lea, Flood 2014): a generator as fast as memory, of any seed.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9E3779B97F4A7C15U;
    z = (z ^ (z >> 30U)) * 0xBF58476D1CE4E5B9U;
    z = (z ^ (z >> 27U)) * 0x94D049BB133111EBU;
    return z ^ (z >> 31U);
  }

 private:
  std::uint64_t state_;
};

/// Eight random bytes, or two floats of 24 random bits.
std::uint64_t word_of(StoredType type, std::uint64_t random) {
  if (type == StoredType::uint8) return random;
  const float floats[2] = {static_cast<float>(random >> 40U) * 0x1p-24F,
                           static_cast<float>((random >> 8U) & 0xFFFFFFU) * 0x1p-24F};
  std::uint64_t word = 0;
  static_assert(sizeof floats == sizeof word);
  std::memcpy(&word, floats, sizeof word);
  return word;
}

}  // namespace

BenchRows::BenchRows(StoredType type, Index rows, Index inputs, Index classes)
    : type_(type), rows_(rows), inputs_(inputs) {
  const auto size = static_cast<std::size_t>(bytes());
  data_.grow(size);
  Random random(1);
  for (std::size_t i = 0; i < size; i += sizeof(std::uint64_t)) {
    const std::uint64_t word = word_of(type, random.next());
    std::memcpy(data_.data() + i, &word, std::min(sizeof word, size - i));
  }
  constexpr Index most_labels = Index{4} << 20;
  labels_.resize(static_cast<std::size_t>(std::min(rows, most_labels)));
  for (std::int64_t& label : labels_) {
    label = static_cast<std::int64_t>(random.next() % static_cast<std::uint64_t>(classes));
  }
}

InputTransform BenchRows::transform() const { return {type_ == StoredType::uint8 ? 1.0 / 255.0 : 1.0, 0.0}; }

StoredRows BenchRows::block(const RowRange& range) const {
  const Index bytes_per_row = inputs_ * static_cast<Index>(size_of(type_));
  return {data_.data() + range.first * bytes_per_row, type_, range.count, inputs_};
}

std::span<const std::int64_t> BenchRows::labels(const RowRange& range) const {
  const auto count = static_cast<std::size_t>(range.count);
  const std::size_t places = labels_.size() - count + 1;
  return std::span(labels_).subspan(static_cast<std::size_t>(range.first) % places, count);
}

}  // namespace tally::pipeline

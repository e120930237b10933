#include "kernels/softmax.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "kernels/elementary.hpp"
#include "kernels/vector/kernels.hpp"

namespace tally {
namespace {

constexpr std::size_t lane_count = 8;
constexpr std::size_t block_size = 64;
using Lanes = std::array<double, lane_count>;
using Block = std::array<double, block_size>;

/// sum_k e^(a_k - m), m = max a, as 1 + rest: the sum without the term of the maximum, which is 1. A rest of 1e-30
/// would be lost in the whole sum.
struct ExponentialSum {
  std::size_t argmax = 0;
  double maximum = 0.0;
  double rest = 0.0;
};

/// `exponentials`: empty, or of a's size, which receives e^(a_k - m); may be a.
ExponentialSum sum_exponentials(std::span<const double> a, std::span<double> exponentials) {
  constexpr double nothing = -std::numeric_limits<double>::infinity();  // e^nothing = 0
  ExponentialSum sum;
  for (std::size_t k = 1; k < a.size(); ++k) {
    if (a[k] > a[sum.argmax]) sum.argmax = k;
  }
  sum.maximum = a[sum.argmax];
  Lanes lanes{};
  for (std::size_t first = 0; first < a.size(); first += block_size) {
    Block block;
    const std::size_t n = std::min(block_size, a.size() - first);
    const std::size_t padded = (n + lane_count - 1) / lane_count * lane_count;
    for (std::size_t i = 0; i < n; ++i) block[i] = a[first + i] - sum.maximum;
    for (std::size_t i = n; i < padded; ++i) block[i] = nothing;
    const bool holds_maximum = first <= sum.argmax && sum.argmax < first + n;
    if (holds_maximum) block[sum.argmax - first] = nothing;
    vector_kernels().add_exponentials(block.data(), padded, lanes.data());
    if (exponentials.empty()) continue;
    if (holds_maximum) block[sum.argmax - first] = 1.0;
    std::copy_n(block.begin(), n, exponentials.begin() + static_cast<std::ptrdiff_t>(first));
  }
  sum.rest = ((lanes[0] + lanes[1]) + (lanes[2] + lanes[3])) + ((lanes[4] + lanes[5]) + (lanes[6] + lanes[7]));
  return sum;
}

}  // namespace

double log_sum_exp(std::span<const double> a) {
  const ExponentialSum sum = sum_exponentials(a, {});
  return sum.maximum + log1p_exact_bits(sum.rest);
}

void softmax(std::span<const double> a, std::span<double> p) {
  const double total = 1.0 + sum_exponentials(a, p).rest;
  for (double& x : p) x /= total;
}

}  // namespace tally

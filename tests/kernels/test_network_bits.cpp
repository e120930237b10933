// Random networks: the bits of a sample's logits are its own, and the BLIS configuration's.
#include <gtest/gtest.h>

#include <algorithm>
#include <limits>
#include <random>
#include <vector>

#include "kernels/network.hpp"
#include "tests/kernels/each_vector_isa.hpp"
#include "tests/kernels/guarded_rows.hpp"
#include "tests/kernels/random_network.hpp"

namespace tally {
namespace {

using Sample = std::vector<std::uint32_t>;

/// Logits of rows [first, first + count), as bits, sample by sample.
std::vector<Sample> forward(const Network& network, Network::Workspace& workspace, const StoredRows& rows, Index first,
                            Index count, const ForwardHints& hints = {}) {
  const Logits logits = network.forward(rows, {}, first, count, workspace, hints);
  std::vector<Sample> samples(static_cast<std::size_t>(count));
  for (Index i = 0; i < count; ++i) {
    for (Index k = 0; k < network.outputs(); ++k) {
      samples[static_cast<std::size_t>(i)].push_back(bits_of(logits.at(i, k)));
    }
  }
  return samples;
}

/// A random network, rows for it, and the logits that each of a few rows has alone in the world.
class NetworkBits : public VectorIsaTest, public testing::WithParamInterface<int> {
 protected:
  NetworkBits() {
    for (int i = 0; i < 6; ++i) picked_.push_back(any(total_));
    picked_.push_back(total_ - 1);
    for (const Index row : picked_) {
      const StoredRows one{rows_.stored().row(row), StoredType::float32, 1, model_.inputs()};
      alone_.push_back(forward(network_, workspace_, one, 0, 1)[0]);
    }
  }
  Index any(Index below) { return static_cast<Index>(random_() % static_cast<std::uint64_t>(below)); }
  void SetUp() override {
    if (wide_) {
      ASSERT_GT(network_.tile_rows(), network_.panel());
    }
  }
  std::string name() const { return shape_string(model_) + " " + activations_string(model_); }

  /// Compares what was picked among rows [first, first + count) of `rows`.
  void expect_picked(const StoredRows& rows, Index first, Index count, const ForwardHints& hints = {}) {
    const std::vector<Sample> tile = forward(network_, workspace_, rows, first, count, hints);
    for (std::size_t p = 0; p < picked_.size(); ++p) {
      if (picked_[p] < first || picked_[p] >= first + count) continue;
      ASSERT_EQ(tile[static_cast<std::size_t>(picked_[p] - first)], alone_[p])
          << name() << ", row " << picked_[p] << " among " << count << " from " << first;
    }
  }

  std::mt19937_64 random_{static_cast<std::uint64_t>(GetParam())};
  // Every fourth has tiles of several panels, and layers of several blocks.
  bool wide_ = GetParam() % 4 == 0;
  Model model_ = random_model(random_, wide_ ? std::vector<Index>{390, 400, 33, 7} : random_widths(random_, 400));
  Network network_{model_, wide_ ? 4 : 0};
  Network::Workspace workspace_{network_};
  Index total_ = 2 * network_.tile_rows() + 3;
  RandomRows rows_{random_, total_, model_.inputs()};
  std::vector<Index> picked_;
  std::vector<Sample> alone_;
};

TEST_P(NetworkBits, DoNotDependOnPositionAndCount) {
  for (const Index row : picked_) {
    for (int repeat = 0; repeat < 4; ++repeat) {
      const Index count = repeat == 0 ? network_.tile_rows() : 1 + any(network_.tile_rows());
      const Index first = std::clamp<Index>(row - any(count), 0, total_ - count);
      expect_picked(rows_.stored(), first, count);
      if (HasFatalFailure()) return;
    }
  }
}

TEST_P(NetworkBits, DoNotDependOnHints) {
  PhaseClock clock;
  const Index count = network_.tile_rows();
  const std::span ahead = std::as_bytes(std::span(rows_.row(count)));
  expect_picked(rows_.stored(), 0, count, {ahead, nullptr});
  expect_picked(rows_.stored(), count, count, {ahead.first(3), &clock});
}

TEST_P(NetworkBits, DoNotDependOnTheNeighbours) {
  using limits = std::numeric_limits<float>;
  for (const float bad :
       {limits::quiet_NaN(), limits::infinity(), -limits::infinity(), limits::max(), limits::denorm_min()}) {
    RandomRows dirty = rows_;
    for (Index i = 0; i < total_; ++i) {
      if (std::find(picked_.begin(), picked_.end(), i) == picked_.end()) std::ranges::fill(dirty.row(i), bad);
    }
    for (Index first = 0; first < total_; first += network_.tile_rows()) {
      expect_picked(dirty.stored(), first, std::min(network_.tile_rows(), total_ - first));
      if (HasFatalFailure()) return;
    }
    // Nothing of them is left in the workspace.
    expect_picked(rows_.stored(), 0, network_.tile_rows());
    if (HasFatalFailure()) return;
  }
}

/// They are the same on any vector instruction set, for input of any type.
TEST_P(NetworkBits, DependOnTheBlisConfigurationAlone) {
  const Index count = std::min<Index>(network_.tile_rows(), 20);
  for (int repeat = 0; repeat < 3; ++repeat) {
    const StoredType type = all_stored_types[random_() % std::size(all_stored_types)];
    GuardedRows rows(random_, type, count, model_.inputs(), Guard::after);
    rows.tame(random_);
    expect_same_bits_on_each_isa([&] {
      const Logits logits = network_.forward(rows.stored(), rows.tame_transform(), 0, count, workspace_);
      std::vector<float> all;
      for (Index i = 0; i < count; ++i) {
        for (Index k = 0; k < network_.outputs(); ++k) all.push_back(logits.at(i, k));
      }
      return all;
    });
    if (HasFatalFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, NetworkBits, testing::Range(0, 20));

}  // namespace
}  // namespace tally

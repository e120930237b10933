// exp and log in double have the same bits on every instruction set, one by one and in blocks. (How accurate they are
// is asked in test_elementary.cpp.)
#include <gtest/gtest.h>

#include <limits>
#include <random>
#include <vector>

#include "kernels/elementary.hpp"
#include "tests/kernels/each_vector_isa.hpp"

namespace tally {
namespace {

/// Any bits, numbers in the range where exp is neither 0 nor infinite, and all ends.
std::vector<double> arguments() {
  using limits = std::numeric_limits<double>;
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> of_exp(-760.0, 720.0);
  std::uniform_real_distribution<double> near_zero(-2.0, 2.0);
  std::vector<double> values;
  for (int i = 0; i < 20'000; ++i) {
    values.push_back(std::bit_cast<double>(random()));
    values.push_back(of_exp(random));
    values.push_back(near_zero(random));
  }
  for (const double x : {0.0, limits::denorm_min(), limits::min(), 1.0, limits::max(), limits::infinity(),
                         limits::quiet_NaN(), 709.782712893384, 745.133219101941}) {
    values.push_back(x);
    values.push_back(-x);
  }
  return values;
}

class VectorElementary : public VectorIsaTest {};

TEST_F(VectorElementary, HasTheSameBitsOnEachIsa) {
  const std::vector<double> x = arguments();
  for (double (*const function)(double) : {exp_exact_bits, log_exact_bits, log1p_exact_bits}) {
    expect_same_bits_on_each_isa([&] {
      std::vector<double> y;
      for (const double value : x) y.push_back(function(value));
      return y;
    });
    if (HasFatalFailure()) return;
  }
}

/// Block by block: the exponentials that one call gives, added in order to eight lanes.
TEST_F(VectorElementary, ExponentialsAreAddedInTheirLanes) {
  std::vector<double> x = arguments();
  x.resize(x.size() / 8 * 8);
  for (double& value : x) value = value > 700.0 ? 0.5 : value;  // no lane becomes infinite
  for (const VectorIsa isa : vector_isas_here()) {
    use_vector_isa(isa);
    for (std::size_t n = 0; n <= 400; n += 8) {
      std::vector<double> block(x.begin(), x.begin() + 420);
      std::vector<double> lanes = {0.0, 1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0};
      std::vector<double> expected_block = block;
      std::vector<double> expected_lanes = lanes;
      for (std::size_t i = 0; i < n; ++i) {
        expected_block[i] = exp_exact_bits(block[i]);
        expected_lanes[i % 8] += expected_block[i];
      }
      vector_kernels().add_exponentials(block.data(), n, lanes.data());
      for (std::size_t i = 0; i < block.size(); ++i) ASSERT_EQ(bits_of(block[i]), bits_of(expected_block[i]));
      for (std::size_t i = 0; i < lanes.size(); ++i) ASSERT_EQ(bits_of(lanes[i]), bits_of(expected_lanes[i]));
    }
  }
}

}  // namespace
}  // namespace tally

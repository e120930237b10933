// Activations have the same bits on every instruction set, at any length, alignment and position.
#include <gtest/gtest.h>

#include <vector>

#include "kernels/activation.hpp"
#include "tests/kernels/each_vector_isa.hpp"
#include "tests/kernels/reference.hpp"

namespace tally {
namespace {

class VectorActivation : public VectorIsaTest, public testing::WithParamInterface<const char*> {
 protected:
  Activation activation_ = parse_activation(GetParam());
};

TEST_P(VectorActivation, HasTheSameBitsOnEachIsa) {
  const std::vector<float> x = reference::strided_floats(65537);
  expect_same_bits_on_each_isa([&] {
    std::vector<float> y = x;
    apply_activation(activation_, y.data(), static_cast<Index>(y.size()));
    return y;
  });
}

/// Every remainder of every vector width, from every alignment; what lies around is left as it was.
TEST_P(VectorActivation, EachElementIsAsIfAlone) {
  const std::vector<float> x = reference::strided_floats(39'916'801);
  constexpr Index room = 100;
  ASSERT_GE(x.size(), static_cast<std::size_t>(room));
  std::vector<float> expected(x.begin(), x.begin() + room);
  use_vector_isa(VectorIsa::baseline);
  for (float& value : expected) apply_activation(activation_, &value, 1);
  for (const VectorIsa isa : vector_isas_here()) {
    use_vector_isa(isa);
    for (Index n = 0; n <= 70; ++n) {
      const Index first = n % 17;
      std::vector<float> y(x.begin(), x.begin() + room);
      apply_activation(activation_, y.data() + first, n);
      for (Index i = 0; i < room; ++i) {
        const auto at = static_cast<std::size_t>(i);
        const bool inside = first <= i && i < first + n;
        ASSERT_EQ(bits_of(y[at]), bits_of(inside ? expected[at] : x[at]))
            << name_of(isa) << ", n = " << n << ", element " << i << ": f(" << x[at] << ")";
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(All, VectorActivation,
                         testing::Values("identity", "step", "sigmoid", "relu", "leaky_relu:0.1", "leaky_relu:0",
                                         "leaky_relu:-2", "prelu:0.25", "elu:1", "elu:2.5", "selu", "tanh", "maxout:3",
                                         "gelu", "gelu_tanh", "silu", "softplus", "softsign", "hard_sigmoid:0.2:0.5",
                                         "hard_sigmoid:0:0.25", "relu6"));

class TakeLarger : public VectorIsaTest {};

TEST_F(TakeLarger, IsTheMaximumAndKeepsNan) {
  const std::vector<float> values = reference::strided_floats(97'000'003);
  std::vector<float> a;
  std::vector<float> z;
  std::vector<float> expected;
  for (const float left : values) {
    for (const float right : values) {
      a.push_back(left);
      z.push_back(right);
      expected.push_back(std::isnan(right) ? right : std::isnan(left) ? left : left > right ? left : right);
    }
  }
  for (const VectorIsa isa : vector_isas_here()) {
    use_vector_isa(isa);
    for (Index n = 0; n <= 40; ++n) {
      std::vector<float> y = z;
      vector_kernels().take_larger(a.data() + n, y.data() + n, n);
      for (Index i = 0; i < 100; ++i) {
        const auto at = static_cast<std::size_t>(i);
        ASSERT_EQ(bits_of(y[at]), bits_of(n <= i && i < 2 * n ? expected[at] : z[at])) << name_of(isa) << ", n = " << n;
      }
    }
    std::vector<float> y = z;
    vector_kernels().take_larger(a.data(), y.data(), static_cast<Index>(y.size()));
    for (std::size_t i = 0; i < y.size(); ++i) {
      ASSERT_EQ(bits_of(y[i]), bits_of(expected[i])) << name_of(isa) << ": max(" << a[i] << ", " << z[i] << ")";
    }
  }
}

}  // namespace
}  // namespace tally

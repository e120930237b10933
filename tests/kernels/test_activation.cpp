#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <limits>
#include <stdexcept>

#include "kernels/activation.hpp"
#include "tests/kernels/reference.hpp"

namespace tally {
namespace {

constexpr float inf = std::numeric_limits<float>::infinity();
constexpr float nan = std::numeric_limits<float>::quiet_NaN();
constexpr float largest = std::numeric_limits<float>::max();

float apply(const Activation& activation, float x) {
  apply_activation(activation, &x, 1);
  return x;
}

Activation of(const std::string& text) { return parse_activation(text); }

/// What activation.hpp promises; a bound for negative x, and one for the others.
struct Accuracy {
  std::string name;
  double negative_ulp;
  double positive_ulp;
};

class ActivationAccuracy : public testing::TestWithParam<Accuracy> {};

TEST_P(ActivationAccuracy, IsWithinTheDocumentedUlps) {
  const Activation activation = of(GetParam().name);
  // A stride that is prime meets every exponent with ever new mantissas.
  const std::vector<float> x = reference::strided_floats(8209);
  std::vector<float> y = x;
  apply_activation(activation, y.data(), static_cast<Index>(y.size()));
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double expected = reference::activation(activation, static_cast<double>(x[i]));
    const double bound = std::signbit(x[i]) ? GetParam().negative_ulp : GetParam().positive_ulp;
    ASSERT_LE(reference::ulp_distance(y[i], expected), bound)
        << GetParam().name << "(" << x[i] << ") gave " << y[i] << ", not " << expected;
  }
}

/// The range in which the function bends, far denser than a stride over all floats meets it.
TEST_P(ActivationAccuracy, IsWithinTheDocumentedUlpsWhereItBends) {
  const Activation activation = of(GetParam().name);
  std::vector<float> x;
  for (int i = -120'000; i <= 120'000; ++i) x.push_back(static_cast<float>(i) * 0x1.01p-10F);
  std::vector<float> y = x;
  apply_activation(activation, y.data(), static_cast<Index>(y.size()));
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double expected = reference::activation(activation, static_cast<double>(x[i]));
    const double bound = std::signbit(x[i]) ? GetParam().negative_ulp : GetParam().positive_ulp;
    ASSERT_LE(reference::ulp_distance(y[i], expected), bound)
        << GetParam().name << "(" << x[i] << ") gave " << y[i] << ", not " << expected;
  }
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, ActivationAccuracy,
    testing::Values(Accuracy{"identity", 0, 0}, Accuracy{"step", 0, 0}, Accuracy{"sigmoid", 2.5, 2.5},
                    Accuracy{"relu", 0, 0}, Accuracy{"leaky_relu:0.01", 0.5, 0}, Accuracy{"leaky_relu:0", 0, 0},
                    Accuracy{"prelu:-0.3", 0.5, 0}, Accuracy{"elu:1", 1.7, 0}, Accuracy{"elu:0.3", 1.7, 0},
                    Accuracy{"selu", 1.9, 1.9}, Accuracy{"tanh", 2.5, 2.5}, Accuracy{"maxout:2", 0, 0},
                    Accuracy{"gelu", 4.3, 3.7}, Accuracy{"gelu_tanh", 3.4, 3.4}, Accuracy{"silu", 3.3, 3.3},
                    Accuracy{"softplus", 2.8, 2.8}, Accuracy{"softsign", 1.5, 1.5}, Accuracy{"hard_sigmoid", 0.5, 0.5},
                    Accuracy{"hard_sigmoid:0.2:0.5", 0.5, 0.5}, Accuracy{"hard_sigmoid:0:0.25", 0, 0},
                    Accuracy{"relu6", 0, 0}),
    [](const auto& kind) {
      std::string name = kind.param.name;
      for (char& c : name) c = std::isalnum(static_cast<unsigned char>(c)) != 0 ? c : '_';
      return name;
    });

struct Ends {
  std::string name;
  float at_minus_infinity;
  float at_zero;
  float at_plus_infinity;
};

TEST(Activation, HasItsLimitsAtInfinityAndItsValueAtZero) {
  const Ends table[] = {
      {"identity", -inf, 0, inf},
      {"step", 0, 0, 1},
      {"sigmoid", 0, 0.5F, 1},
      {"relu", 0, 0, inf},
      {"leaky_relu:0.1", -inf, 0, inf},
      {"leaky_relu:0", 0, 0, inf},
      {"leaky_relu:-1", inf, 0, inf},
      {"prelu:0.25", -inf, 0, inf},
      {"elu:2", -2, 0, inf},
      {"selu", -1.7580993F, 0, inf},
      {"tanh", -1, 0, 1},
      {"gelu", 0, 0, inf},
      {"gelu_tanh", 0, 0, inf},
      {"silu", 0, 0, inf},
      {"softplus", 0, 0.6931472F, inf},
      {"softsign", -1, 0, 1},
      {"hard_sigmoid", 0, 0.5F, 1},
      {"hard_sigmoid:-1:0.25", 1, 0.25F, 0},
      {"hard_sigmoid:0:0.25", 0.25F, 0.25F, 0.25F},
      {"relu6", 0, 0, 6},
  };
  for (const Ends& row : table) {
    const Activation f = of(row.name);
    EXPECT_EQ(apply(f, -inf), row.at_minus_infinity) << row.name;
    EXPECT_EQ(apply(f, inf), row.at_plus_infinity) << row.name;
    EXPECT_EQ(apply(f, 0.0F), row.at_zero) << row.name;
    EXPECT_EQ(apply(f, -0.0F), row.at_zero) << row.name;
    EXPECT_TRUE(std::isnan(apply(f, nan))) << row.name;
    EXPECT_TRUE(std::isnan(apply(f, -nan))) << row.name;
    // No step between the largest number and the limit, but for functions that grow without bound.
    for (const float x : {-largest, largest}) {
      const float limit = x < 0 ? row.at_minus_infinity : row.at_plus_infinity;
      if (std::isfinite(limit)) {
        EXPECT_EQ(apply(f, x), limit) << row.name << "(" << x << ")";
      }
      EXPECT_FALSE(std::isnan(apply(f, x))) << row.name << "(" << x << ")";
    }
  }
}

TEST(Activation, KeepsSmallResultsInTheTails) {
  // e^-100 = 3.72e-44 is a subnormal number, 27 times the smallest one.
  const float unit = std::numeric_limits<float>::denorm_min();
  EXPECT_EQ(apply(of("sigmoid"), -100.0F), 27 * unit);
  EXPECT_EQ(apply(of("softplus"), -100.0F), 27 * unit);
  EXPECT_EQ(apply(of("sigmoid"), -1e4F), 0.0F);
  EXPECT_EQ(apply(of("tanh"), unit), unit);
  EXPECT_EQ(apply(of("elu:1"), -unit), -unit);
  EXPECT_EQ(apply(of("silu"), -1e-38F), -0.5e-38F);
  EXPECT_EQ(apply(of("gelu"), -1e-38F), -0.5e-38F);
}

TEST(Activation, SigmoidAndTanhAreSymmetric) {
  for (float x = 0.0F; x < 20.0F; x += 0.37F) {
    EXPECT_EQ(apply(of("tanh"), -x), -apply(of("tanh"), x));
    // 1 - s is exact to half a unit of 1, where s itself is within 2.5 of its own.
    EXPECT_NEAR(apply(of("sigmoid"), -x), 1.0F - apply(of("sigmoid"), x), 3 * 0x1p-24F);
  }
}

TEST(Activation, BitsDependNeitherOnLengthNorOnPosition) {
  std::vector<float> x(257);
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = (static_cast<float>(i) - 128.0F) * 0.131F;
  for (int kind = 0; kind < static_cast<int>(ActivationKind::softmax); ++kind) {
    const Activation f = default_activation(static_cast<ActivationKind>(kind));
    std::vector<float> one_by_one = x;
    for (float& value : one_by_one) apply_activation(f, &value, 1);
    for (std::size_t n = 0; n <= 67; ++n) {
      for (const std::size_t offset : {0U, 1U, 3U, 16U}) {
        std::vector<float> y = x;
        apply_activation(f, y.data() + offset, static_cast<Index>(n));
        for (std::size_t i = 0; i < y.size(); ++i) {
          const bool touched = i >= offset && i < offset + n;
          const float expected = touched ? one_by_one[i] : x[i];
          ASSERT_EQ(std::bit_cast<std::uint32_t>(y[i]), std::bit_cast<std::uint32_t>(expected))
              << to_string(f) << " element " << i << ", n " << n << ", offset " << offset;
        }
      }
    }
  }
}

TEST(Activation, RefusesSoftmax) {
  float x = 0.0F;
  EXPECT_THROW(apply_activation(of("softmax"), &x, 1), std::invalid_argument);
}

}  // namespace
}  // namespace tally

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>

#include "kernels/activation.hpp"
#include "kernels/activation_formulas.hpp"

namespace tally {
namespace {

using testing::HasSubstr;

std::string usage_error(const std::string& text) {
  try {
    parse_activation(text);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "no error";
}

TEST(ActivationName, ReadsKindsAndParameters) {
  struct Case {
    std::string text;
    Activation expected;
  };
  const Case cases[] = {
      {"relu", {ActivationKind::relu, 0.0F, 0.0F, 1}},
      {"ReLU", {ActivationKind::relu, 0.0F, 0.0F, 1}},
      {"leaky_relu", {ActivationKind::leaky_relu, 0.01F, 0.0F, 1}},
      {"Leaky-ReLU:-0.5", {ActivationKind::leaky_relu, -0.5F, 0.0F, 1}},
      {"prelu", {ActivationKind::prelu, 0.25F, 0.0F, 1}},
      {"elu:1e-3", {ActivationKind::elu, 1e-3F, 0.0F, 1}},
      {"hard_sigmoid", {ActivationKind::hard_sigmoid, 1.0F / 6.0F, 0.5F, 1}},
      {"hard_sigmoid:0.2", {ActivationKind::hard_sigmoid, 0.2F, 0.5F, 1}},
      {"hard_sigmoid:0.2:0.4", {ActivationKind::hard_sigmoid, 0.2F, 0.4F, 1}},
      {"maxout", {ActivationKind::maxout, 0.0F, 0.0F, 2}},
      {"maxout:3", {ActivationKind::maxout, 0.0F, 0.0F, 3}},
      {"softmax", {ActivationKind::softmax, 0.0F, 0.0F, 1}},
  };
  for (const Case& c : cases) EXPECT_EQ(parse_activation(c.text), c.expected) << c.text;
}

TEST(ActivationName, WritesWhatItReads) {
  for (const ActivationFormula& f : activation_formulas()) {
    const Activation activation = default_activation(f.kind);
    EXPECT_EQ(parse_activation(to_string(activation)), activation) << to_string(activation);
    EXPECT_EQ(parse_activation(to_string(f.kind)), activation);
  }
  Activation odd = default_activation(ActivationKind::hard_sigmoid);
  for (const float value : {1.0F / 3.0F, -1e-45F, 3.4028235e38F, 16777216.0F}) {
    odd.alpha = value;
    odd.beta = -value;
    EXPECT_EQ(parse_activation(to_string(odd)), odd) << to_string(odd);
  }
  EXPECT_EQ(to_string(parse_activation("leaky-relu:0.1")), "leaky_relu:0.1");
}

TEST(ActivationName, AnUnknownNameListsTheKnownOnes) {
  for (const std::string text : {"rleu", "", "relu ", "9"}) {
    const std::string error = usage_error(text);
    EXPECT_THAT(error, HasSubstr("'" + text + "'"));
    for (const ActivationFormula& f : activation_formulas()) EXPECT_THAT(error, HasSubstr(to_string(f.kind)));
    EXPECT_EQ(error.find('\n'), std::string::npos);
  }
}

TEST(ActivationName, AWrongParameterIsNamed) {
  struct Case {
    std::string text;
    std::string error;
  };
  const Case cases[] = {
      {"relu:1", "takes no parameter"},       {"elu:1:2", "takes one parameter"},
      {"hard_sigmoid:1:2:3", "at most two"},  {"elu:", "'' is not a number"},
      {"elu:x", "'x' is not a number"},       {"elu:1x", "'1x' is not a number"},
      {"elu:nan", "'nan' is not finite"},     {"hard_sigmoid:1:inf", "'inf' is not finite"},
      {"elu:1e99", "'1e99' is out of range"}, {"maxout:0", "at least 1 piece"},
      {"maxout:-2", "at least 1 piece"},      {"maxout:2.5", "not a whole number"},
      {"maxout:99999999999", "out of range"},
  };
  for (const Case& c : cases) {
    EXPECT_THAT(usage_error(c.text), HasSubstr(c.error));
    EXPECT_THAT(usage_error(c.text), HasSubstr("'" + c.text + "'"));
  }
}

TEST(ActivationFormulas, AreInTheOrderOfTheKindsAndAgreeWithTheKernel) {
  const auto formulas = activation_formulas();
  ASSERT_EQ(formulas.size(), static_cast<std::size_t>(ActivationKind::softmax) + 1);
  constexpr float inf = std::numeric_limits<float>::infinity();
  for (std::size_t i = 0; i < formulas.size(); ++i) {
    const ActivationFormula& f = formulas[i];
    EXPECT_EQ(static_cast<std::size_t>(f.kind), i);
    EXPECT_EQ(&activation_formula(f.kind), &f);
    EXPECT_TRUE(std::isnan(f.at_nan));
    EXPECT_FALSE(f.formula.empty());
    EXPECT_FALSE(f.range.empty());
    if (!f.elementwise) continue;
    float x[] = {-inf, 0.0F, inf};
    apply_activation(default_activation(f.kind), x, 3);
    EXPECT_EQ(x[0], f.at_minus_infinity) << f.formula;
    EXPECT_EQ(x[1], f.at_zero) << f.formula;
    EXPECT_EQ(x[2], f.at_plus_infinity) << f.formula;
  }
}

TEST(ActivationFormulas, ParametersHaveTheDefaults) {
  for (const ActivationFormula& f : activation_formulas()) {
    const Activation activation = default_activation(f.kind);
    Activation expected;
    expected.kind = f.kind;
    for (const ActivationParameter& p : f.parameters) {
      if (p.name == "alpha") expected.alpha = p.default_value;
      if (p.name == "beta") expected.beta = p.default_value;
      if (p.name == "pieces") expected.pieces = static_cast<int>(p.default_value);
    }
    EXPECT_EQ(activation, expected) << f.formula;
  }
}

}  // namespace
}  // namespace tally

// What is known about each activation, as data: for `tally activations` and for whoever documents them.
#pragma once

#include <span>
#include <string_view>

#include "kernels/activation.hpp"

namespace tally {

struct ActivationParameter {
  std::string_view name;
  /// The value in default_activation(kind); pieces too.
  float default_value;
};

struct ActivationFormula {
  ActivationKind kind;
  /// In terms of x, plain ASCII: "max(x, 0)".
  std::string_view formula;
  /// The closure of the values at finite x, "[0, 1]" or "(0, 1)" where a bound is only approached; in terms of the
  /// parameters where it depends on them.
  std::string_view range;
  /// In the order in which parse_activation takes them.
  std::span<const ActivationParameter> parameters;
  /// False for maxout and softmax, which are functions of several numbers: the values below are NaN then.
  bool elementwise;
  /// With default parameters; the limits at infinity. At NaN every function is NaN.
  float at_minus_infinity;
  float at_zero;
  float at_plus_infinity;
  float at_nan;
};

/// All of them, in the order of ActivationKind.
std::span<const ActivationFormula> activation_formulas();

/// The one of that kind.
const ActivationFormula& activation_formula(ActivationKind kind);

}  // namespace tally

#include <fmt/format.h>

#include <ostream>

#include "kernels/activation_formulas.hpp"
#include "pipeline/commands.hpp"
#include "pipeline/plot.hpp"

namespace tally::pipeline {
namespace {

constexpr int curve_width = 61;
constexpr int curve_height = 11;

void show(const ActivationFormula& formula, std::ostream& out) {
  const Activation activation = default_activation(formula.kind);
  out << to_string(formula.kind) << "\n";
  out << "  f(x) = " << formula.formula << "\n";
  out << "  range   " << formula.range << "\n";
  std::string parameters;
  for (const ActivationParameter& parameter : formula.parameters) {
    parameters +=
        fmt::format("{}{} (default {:g})", parameters.empty() ? "" : ", ", parameter.name, parameter.default_value);
  }
  if (!parameters.empty())
    out << "  takes   " << parameters << ", as in --activation " << to_string(activation) << "\n";
  std::string values;
  for (const float x : {-5.0F, -1.0F, 0.0F, 1.0F, 5.0F}) {
    values += fmt::format("{}f({:g}) = {:.6g}", values.empty() ? "" : ", ", x, value_at(activation, x));
  }
  if (formula.elementwise) {
    values = fmt::format("f(-inf) = {:.6g}, {}, f(inf) = {:.6g}, f(NaN) = NaN", formula.at_minus_infinity, values,
                         formula.at_plus_infinity);
  } else {
    values += ", for the " + example_of(formula.kind);
  }
  out << "  values  " << values << "\n\n";
  out << text_curve(activation, curve_width, curve_height) << "\n";
}

}  // namespace

void show_activations(const ActivationsOptions& options, std::ostream& out) {
  if (!options.plot.empty()) {
    plot_activations(options.plot);
    out << options.plot << ": written\n";
    return;
  }
  for (const ActivationFormula& formula : activation_formulas()) show(formula, out);
}

}  // namespace tally::pipeline

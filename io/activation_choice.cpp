#include "io/activation_choice.hpp"

#include <fmt/format.h>

namespace tally::io {
namespace {

void check_hidden_count(const std::string& file, Index hidden_layers, const ActivationChoice& choice) {
  const auto given = static_cast<Index>(choice.hidden.size());
  if (given <= 1 || given == hidden_layers) return;
  throw UsageError(fmt::format("--activation names {} activations, but {} has {} hidden layer{}", given, file,
                               hidden_layers, hidden_layers == 1 ? "" : "s"));
}

void check_places(const std::string& file, const ActivationChoice& choice) {
  for (const Activation& activation : choice.hidden) {
    if (activation.kind == ActivationKind::softmax) {
      throw UsageError(fmt::format("{}: softmax cannot be the activation of a hidden layer", file));
    }
  }
  if (!choice.output) return;
  const ActivationKind kind = choice.output->kind;
  if (kind != ActivationKind::softmax && kind != ActivationKind::sigmoid && kind != ActivationKind::identity) {
    throw UsageError(
        fmt::format("{}: --output is softmax, sigmoid or identity, not {}", file, to_string(*choice.output)));
  }
}

}  // namespace

std::optional<std::vector<Activation>> chosen_activations(const std::string& file, Index hidden_layers, Index outputs,
                                                          const ActivationChoice& choice) {
  check_hidden_count(file, hidden_layers, choice);
  check_places(file, choice);
  if (hidden_layers > 0 && choice.hidden.empty()) return std::nullopt;
  if (outputs == 1 && !choice.output) return std::nullopt;

  std::vector<Activation> activations;
  for (Index i = 0; i < hidden_layers; ++i) {
    activations.push_back(choice.hidden[choice.hidden.size() == 1 ? 0 : static_cast<std::size_t>(i)]);
  }
  activations.push_back(choice.output.value_or(default_activation(ActivationKind::softmax)));
  return activations;
}

void throw_missing_choice(const std::string& file, Index hidden_layers, const ActivationChoice& choice) {
  if (hidden_layers > 0 && choice.hidden.empty()) {
    throw UsageError(fmt::format("{}: stores no activations; say with --activation which its {} hidden layer{} {}",
                                 file, hidden_layers, hidden_layers == 1 ? "" : "s",
                                 hidden_layers == 1 ? "uses" : "use"));
  }
  throw UsageError(fmt::format(
      "{}: has one output unit and stores no activations; say --output sigmoid (two classes) or identity", file));
}

void check_choice_equals_stored(const std::string& file, const Model& model, const ActivationChoice& choice) {
  const auto hidden_layers = static_cast<Index>(model.layers.size()) - 1;
  check_hidden_count(file, hidden_layers, choice);
  for (Index i = 0; i < hidden_layers && !choice.hidden.empty(); ++i) {
    const Layer& layer = model.layers[static_cast<std::size_t>(i)];
    const Activation& chosen = choice.hidden[choice.hidden.size() == 1 ? 0 : static_cast<std::size_t>(i)];
    // Slopes per unit are something no option can say.
    if (chosen == layer.activation && layer.slopes.empty()) continue;
    throw UsageError(fmt::format("--activation says {}, but {} stores {}{} for layer {}", to_string(chosen), file,
                                 to_string(layer.activation), layer.slopes.empty() ? "" : " with a slope per unit",
                                 i + 1));
  }
  if (!choice.output || *choice.output == model.layers.back().activation) return;
  throw UsageError(fmt::format("--output says {}, but {} stores {}", to_string(*choice.output), file,
                               to_string(model.layers.back().activation)));
}

}  // namespace tally::io

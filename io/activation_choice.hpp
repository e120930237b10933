// --activation and --output against what a model file needs: the rules, in one place.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "kernels/model.hpp"

namespace tally::io {

/// --activation and --output, as the user gave them.
struct ActivationChoice {
  std::vector<Activation> hidden;  // empty: not given; one: for every hidden layer; else one per hidden layer
  std::optional<Activation> output;
};

/// For files without activations: one per layer, the output's last. The output defaults to softmax. nullopt where the
/// choice leaves one open: no hidden activation for a file with hidden layers, no output for a single output unit (over
/// which softmax would mean nothing). UsageError, naming the file, for a number of hidden activations that is neither 1
/// nor the number of hidden layers (names both), for softmax in a hidden layer, and for an output that is not softmax,
/// sigmoid or identity.
std::optional<std::vector<Activation>> chosen_activations(const std::string& file, Index hidden_layers, Index outputs,
                                                          const ActivationChoice& choice);

/// The UsageError for a choice that leaves activations open: says which option is missing, and for which layers.
[[noreturn]] void throw_missing_choice(const std::string& file, Index hidden_layers, const ActivationChoice& choice);

/// For files that store their activations: UsageError, naming the file and both, unless nothing was chosen or the
/// choice equals what is stored.
void check_choice_equals_stored(const std::string& file, const Model& model, const ActivationChoice& choice);

}  // namespace tally::io

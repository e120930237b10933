// The command line, parsed: one struct per command.
#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "io/dataset.hpp"
#include "io/model_file.hpp"

namespace tally::pipeline {

struct EvaluateOptions {
  std::string model;
  io::ActivationChoice activations;
  io::DatasetRequest data;
  Index batch_size = 100;
  std::optional<int> threads;
  Index first_row = 0;
  std::optional<Index> limit;
  std::string report;       // empty: none
  std::string predictions;  // likewise
  bool probabilities = false;
  bool ranks_read = false;  // --reader each
  Index buffer_bytes = Index{128} << 20;
  double stall_seconds = 300.0;
  bool quiet = false;
};

struct BenchOptions {
  std::string model;
  io::ActivationChoice activations;
  Index batch_size = 100;
  std::optional<int> threads;                   // nothing: 1, 2, 4 ... all cores
  StoredType input_type = StoredType::float32;  // or uint8
  double seconds = 2.0;
  std::string report;  // empty: none
};

struct InspectOptions {
  std::vector<std::string> files;
  io::ActivationChoice activations;
};

struct ImportIdxOptions {
  std::string images;
  std::string labels;
  std::string output;
};

struct ImportModelOptions {
  std::string input;
  std::string output;
  io::ActivationChoice activations;
};

struct ActivationsOptions {
  std::string plot;  // empty: text
};

/// --help or --version: a text for stdout.
struct Message {
  std::string text;
};

using Command = std::variant<Message, EvaluateOptions, BenchOptions, InspectOptions, ImportIdxOptions,
                             ImportModelOptions, ActivationsOptions>;

/// Throws UsageError (one line) for anything that cannot be meant. `version` is the text that --version shows; called
/// only then.
Command parse_command_line(int argc, const char* const* argv, std::string (*version)());

/// "relu,tanh" -> two activations; "maxout:2" -> one. Throws UsageError.
std::vector<Activation> parse_activations(const std::string& text);

}  // namespace tally::pipeline

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "pipeline/commands.hpp"
#include "pipeline/number.hpp"
#include "pipeline/summary.hpp"
#include "pipeline/text.hpp"

namespace tally::pipeline {
namespace {

/// A model as a table of layers.
void show_model(const std::string& name, const InspectOptions& options, std::ostream& out) {
  const io::ModelFile file = io::read_model_or_shapes(name, options.activations);
  const Model& model = file.model;
  out << fmt::format("{}: model, format {}, {} parameters, {} FLOP per sample\n", name, file.format,
                     with_thousands(model.parameters()), with_thousands(model.flops_per_sample()));
  out << fmt::format("  sha256 {}\n", file.sha256);
  out << fmt::format("  {:>5}  {:>8}  {:>8}  {:>12}  {}\n", "layer", "inputs", "outputs", "parameters", "activation");
  for (std::size_t i = 0; i < model.layers.size(); ++i) {
    const Layer& layer = model.layers[i];
    const auto parameters = layer.weights.size() + layer.bias.size() + layer.slopes.size();
    out << fmt::format("  {:>5}  {:>8}  {:>8}  {:>12}  {}\n", i + 1, layer.inputs, layer.outputs,
                       with_thousands(static_cast<long long>(parameters)),
                       file.activations_known ? to_string(layer.activation) : "not stored");
  }
  if (!file.activations_known) out << "  evaluate needs --activation, and --output unless it is softmax\n";
}

/// A dataset file: what it holds, and what `evaluate` would use.
void show_dataset(const std::string& name, std::ostream& out) {
  const auto entries = io::list_datasets(name);
  out << fmt::format("{}: HDF5, {} dataset{}\n", name, entries.size(), entries.size() == 1 ? "" : "s");
  std::size_t width = 0;
  for (const auto& entry : entries) width = std::max(width, entry.path.size());
  for (const auto& entry : entries) {
    out << fmt::format("  {:<{}}  {}  {}\n", without_control_characters(entry.path), width, io::describe(entry),
                       entry.layout);
  }
  io::DatasetRequest request;
  request.file = name;
  try {
    const io::DatasetReader reader(request);
    const io::DatasetInfo& data = reader.info();
    out << fmt::format("  evaluate reads {} rows of {} inputs ({}{}) from {}, labels from {}{}\n",
                       with_thousands(data.rows), data.inputs, data.dtype, transform_string(data),
                       without_control_characters(data.inputs_path), without_control_characters(data.labels_path),
                       data.one_hot_classes > 0 ? fmt::format(" (one-hot, {} classes)", data.one_hot_classes) : "");
  } catch (const Error& error) {
    // What the file holds stands above already.
    const std::string text = without_control_characters(error.what());
    out << "  evaluate cannot use it as it is: " << text.substr(0, text.find("; it holds")) << "\n";
  }
}

}  // namespace

void inspect(const InspectOptions& options, std::ostream& out) {
  for (const std::string& name : options.files) {
    if (io::is_model_file(name)) {
      show_model(name, options, out);
    } else {
      show_dataset(name, out);
    }
  }
}

}  // namespace tally::pipeline

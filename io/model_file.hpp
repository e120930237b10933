// Reading a model from any file Tally knows, by content, and writing the native format.
#pragma once

#include <string>

#include "io/activation_choice.hpp"
#include "kernels/model.hpp"

namespace tally::io {

struct ModelFile {
  std::string file;    // the path as given
  std::string format;  // "tally", "hdf5-weights", "numpy-pickle"
  std::string sha256;  // of the file's bytes, 64 lower-case hex digits
  Model model;
  /// Whether the file itself stores the activations. Where it does not and none were chosen (only read_model_or_shapes
  /// allows it), the layers' activations mean nothing.
  bool activations_stored = false;
  bool activations_known = true;
};

/// Reads a model. For formats that carry no activations, `choice.hidden` is needed (unless there is no hidden layer)
/// and `choice.output` defaults to softmax. For formats that carry them, a choice is a UsageError unless it equals what
/// is stored. Error for a file that is missing, unreadable, of no known format, damaged, or whose layers do not fit
/// each other; the text names the file and the entry. Nothing in a file is ever executed or followed out of it.
ModelFile read_model(const std::string& file, const ActivationChoice& choice);

/// The same, but where no activations are stored or chosen it succeeds with activations_known = false (for `inspect`).
ModelFile read_model_or_shapes(const std::string& file, const ActivationChoice& choice);

/// Whether the file's content is one of the model formats; false for datasets and anything else. Error if unreadable.
bool is_model_file(const std::string& file);

/// Writes the native format (io/README.md), atomically. The model must pass check_model.
void write_native_model(const Model& model, const std::string& file);

}  // namespace tally::io

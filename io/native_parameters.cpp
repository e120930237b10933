#include "io/native_parameters.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>

namespace tally::io {
namespace {

/// Which attributes a kind of activation has.
struct Parameters {
  bool alpha = false;
  bool beta = false;
  bool pieces = false;
};

Parameters parameters_of(ActivationKind kind, bool slopes) {
  switch (kind) {
    case ActivationKind::prelu:
      return {.alpha = !slopes};
    case ActivationKind::leaky_relu:
    case ActivationKind::elu:
      return {.alpha = true};
    case ActivationKind::hard_sigmoid:
      return {.alpha = true, .beta = true};
    case ActivationKind::maxout:
      return {.pieces = true};
    default:
      return {};
  }
}

ActivationKind read_kind(const hdf5::Group& layer) {
  if (!layer.has_attribute("activation")) {
    layer.place().fail("stores no attribute 'activation' (the activation is never assumed)");
  }
  const std::string name = layer.read_string("activation");
  try {
    if (name.find(':') == std::string::npos) return parse_activation(name).kind;
  } catch (const UsageError& error) {
    layer.place().fail(error.what());  // a file's fault, not the command line's
  }
  layer.place().fail(fmt::format("the attribute 'activation' is '{}'; parameters have attributes of their own", name));
}

/// Whether to read the attribute: it must be there exactly if the kind has it.
bool expects(const hdf5::Group& layer, const char* name, bool wanted, ActivationKind kind) {
  const bool there = layer.has_attribute(name);
  if (wanted && !there) {
    layer.place().fail(fmt::format("{} needs the attribute '{}' (it is never assumed)", to_string(kind), name));
  }
  if (!wanted && there) layer.place().fail(fmt::format("{} has no parameter '{}'", to_string(kind), name));
  return wanted;
}

float read_parameter(const hdf5::Group& layer, const char* name) {
  const auto value = static_cast<float>(layer.read_number(name));
  if (!std::isfinite(value)) layer.place().fail(fmt::format("the attribute '{}' is not finite", name));
  return value;
}

int read_pieces(const hdf5::Group& layer) {
  const std::int64_t pieces = layer.read_integer("pieces");
  if (pieces < 1 || pieces > std::numeric_limits<int>::max()) {
    layer.place().fail(fmt::format("the attribute 'pieces' is {}", pieces));
  }
  return static_cast<int>(pieces);
}

}  // namespace

Activation read_activation(const hdf5::Group& layer) {
  Activation activation;
  activation.kind = read_kind(layer);
  const bool slopes = layer.has("slopes");
  if (slopes && activation.kind != ActivationKind::prelu) {
    layer.place().fail(fmt::format("{} has no parameter 'slopes'", to_string(activation.kind)));
  }
  if (slopes && layer.has_attribute("alpha")) {
    layer.place().fail("prelu takes the dataset 'slopes' or the attribute 'alpha', not both");
  }
  const Parameters wanted = parameters_of(activation.kind, slopes);
  if (expects(layer, "alpha", wanted.alpha, activation.kind)) activation.alpha = read_parameter(layer, "alpha");
  if (expects(layer, "beta", wanted.beta, activation.kind)) activation.beta = read_parameter(layer, "beta");
  if (expects(layer, "pieces", wanted.pieces, activation.kind)) activation.pieces = read_pieces(layer);
  return activation;
}

void write_activation(const hdf5::Group& group, const Layer& layer) {
  const Activation& activation = layer.activation;
  const Parameters wanted = parameters_of(activation.kind, !layer.slopes.empty());
  group.write_string("activation", to_string(activation.kind));
  if (wanted.alpha) group.write_number("alpha", static_cast<double>(activation.alpha));
  if (wanted.beta) group.write_number("beta", static_cast<double>(activation.beta));
  if (wanted.pieces) group.write_integer("pieces", activation.pieces);
}

}  // namespace tally::io

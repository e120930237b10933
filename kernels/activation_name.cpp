#include <array>
#include <charconv>
#include <cmath>
#include <string_view>
#include <system_error>
#include <vector>

#include "kernels/activation.hpp"

namespace tally {
namespace {

/// In the order of ActivationKind, so that a kind is its index.
constexpr std::array<std::string_view, 18> names = {
    "identity", "step", "sigmoid",   "relu", "leaky_relu", "prelu",    "elu",          "selu",  "tanh",
    "maxout",   "gelu", "gelu_tanh", "silu", "softplus",   "softsign", "hard_sigmoid", "relu6", "softmax"};

std::size_t parameter_count(ActivationKind kind) {
  switch (kind) {
    case ActivationKind::leaky_relu:
    case ActivationKind::prelu:
    case ActivationKind::elu:
    case ActivationKind::maxout:
      return 1;
    case ActivationKind::hard_sigmoid:
      return 2;
    default:
      return 0;
  }
}

/// Lower case, '_' for '-', cut at the colons. ASCII by hand: std::tolower depends on the locale.
std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == ':') {
      parts.emplace_back();
    } else if (c >= 'A' && c <= 'Z') {
      parts.back() += static_cast<char>(c - 'A' + 'a');
    } else {
      // A '-' in the name is another spelling; in a parameter it is a sign.
      parts.back() += c == '-' && parts.size() == 1 ? '_' : c;
    }
  }
  return parts;
}

ActivationKind parse_kind(const std::string& name, const std::string& text) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i] == name) return static_cast<ActivationKind>(i);
  }
  std::string known;
  for (const std::string_view other : names) known += (known.empty() ? "" : ", ") + std::string(other);
  throw UsageError("unknown activation '" + text + "'; known are " + known);
}

template <class Number>
Number parse_number(const std::string& part, const std::string& text, const char* wanted) {
  Number value{};
  const char* const end = part.data() + part.size();
  const auto [stop, error] = std::from_chars(part.data(), end, value);
  if (error == std::errc::result_out_of_range) {
    throw UsageError("activation '" + text + "': the parameter '" + part + "' is out of range");
  }
  if (error != std::errc() || stop != end) {
    throw UsageError("activation '" + text + "': the parameter '" + part + "' is not " + wanted);
  }
  return value;
}

float parse_parameter(const std::string& part, const std::string& text) {
  const auto value = parse_number<float>(part, text, "a number");
  if (!std::isfinite(value)) {
    throw UsageError("activation '" + text + "': the parameter '" + part + "' is not finite");
  }
  return value;
}

/// The shortest text that from_chars reads back to the same float.
std::string shortest(float value) {
  std::array<char, 32> buffer{};
  const auto result = std::to_chars(buffer.data(), buffer.data() + buffer.size(), value);
  return {buffer.data(), result.ptr};
}

}  // namespace

Activation default_activation(ActivationKind kind) {
  Activation activation;
  activation.kind = kind;
  switch (kind) {
    case ActivationKind::leaky_relu:
      activation.alpha = 0.01F;
      break;
    case ActivationKind::prelu:
      activation.alpha = 0.25F;
      break;
    case ActivationKind::elu:
      activation.alpha = 1.0F;
      break;
    case ActivationKind::hard_sigmoid:
      activation.alpha = 1.0F / 6.0F;
      activation.beta = 0.5F;
      break;
    case ActivationKind::maxout:
      activation.pieces = 2;
      break;
    default:
      break;
  }
  return activation;
}

Activation parse_activation(const std::string& text) {
  const std::vector<std::string> parts = split(text);
  Activation activation = default_activation(parse_kind(parts[0], text));
  const std::size_t takes = parameter_count(activation.kind);
  if (parts.size() - 1 > takes) {
    const std::string most = takes == 0 ? "no parameter" : takes == 1 ? "one parameter" : "at most two parameters";
    throw UsageError("activation '" + text + "': " + parts[0] + " takes " + most);
  }
  if (parts.size() == 1) return activation;
  if (activation.kind == ActivationKind::maxout) {
    activation.pieces = parse_number<int>(parts[1], text, "a whole number of pieces");
    if (activation.pieces < 1) throw UsageError("activation '" + text + "': maxout takes at least 1 piece");
    return activation;
  }
  activation.alpha = parse_parameter(parts[1], text);
  if (parts.size() > 2) activation.beta = parse_parameter(parts[2], text);
  return activation;
}

std::string to_string(const Activation& activation) {
  const std::string name = to_string(activation.kind);
  if (activation.kind == ActivationKind::maxout) return name + ":" + std::to_string(activation.pieces);
  const std::size_t count = parameter_count(activation.kind);
  if (count == 0) return name;
  const std::string alpha = name + ":" + shortest(activation.alpha);
  return count == 1 ? alpha : alpha + ":" + shortest(activation.beta);
}

std::string to_string(ActivationKind kind) { return std::string(names.at(static_cast<std::size_t>(kind))); }

}  // namespace tally

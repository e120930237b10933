#include "pipeline/number.hpp"

#include <charconv>
#include <cmath>
#include <string_view>

#include "kernels/types.hpp"

namespace tally::pipeline {
namespace {

bool parse_plain(std::string_view text, double& value) {
  if (text.starts_with("+-")) return false;
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  return status == std::errc() && end == text.data() + text.size() && std::isfinite(value);
}

}  // namespace

double parse_number(const std::string& text) {
  const std::size_t slash = text.find('/');
  double numerator = 0.0;
  double denominator = 1.0;
  const std::string_view view = text;
  const bool fine = parse_plain(view.substr(0, slash), numerator) &&
                    (slash == std::string::npos || parse_plain(view.substr(slash + 1), denominator));
  const double value = numerator / denominator;
  if (!fine || !std::isfinite(value)) {
    throw UsageError("'" + text + "' is not a number (such as 0.5, 1e-3 or 1/255)");
  }
  return value;
}

std::string with_thousands(long long value) {
  const std::string digits = std::to_string(value);
  const std::size_t start = value < 0 ? 1 : 0;
  std::string text;
  for (std::size_t i = 0; i < digits.size(); ++i) {
    if (i > start && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

}  // namespace tally::pipeline

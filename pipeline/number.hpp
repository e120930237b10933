// Numbers as people write them on a command line.
#pragma once

#include <string>

namespace tally::pipeline {

/// A finite number, or a quotient of two: "0.5", "1e-3", "1/255", "-1". Throws UsageError that quotes the text.
double parse_number(const std::string& text);

/// 1234567 -> "1,234,567".
std::string with_thousands(long long value);

}  // namespace tally::pipeline

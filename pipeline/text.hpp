// Text from files and command lines, fit for a terminal.
#pragma once

#include <string>

namespace tally::pipeline {

/// The text with control characters (line breaks, escape sequences) replaced by '?'. UTF-8 stays as it is.
inline std::string without_control_characters(std::string text) {
  for (char& c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) c = '?';
  }
  return text;
}

}  // namespace tally::pipeline

// Checks of single option values, with messages of our own. Only command_line.cpp includes this (it includes CLI11).
#pragma once

#include <CLI/CLI.hpp>
#include <cctype>
#include <charconv>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "kernels/types.hpp"
#include "pipeline/number.hpp"

namespace tally::pipeline {

/// A decimal whole number of at least `smallest`. CLI11 itself would take 010 for 8.
template <class Number>
CLI::Validator at_least(Number smallest) {
  return CLI::Validator(
      [smallest](std::string& text) -> std::string {
        Number value{};
        const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
        if (status != std::errc() || end != text.data() + text.size() || value < smallest) {
          return "'" + text + "' is not a whole number of at least " + std::to_string(smallest);
        }
        text = std::to_string(value);
        return {};
      },
      "");
}

/// Bytes, at least 1: a whole number, with K, M, G or T for powers of 1024 (128M, 128MiB). Becomes a plain number.
inline CLI::Validator byte_count() {
  return CLI::Validator(
      [](std::string& text) -> std::string {
        const std::string error = "'" + text + "' is not a number of bytes such as 134217728 or 128M";
        Index value = 0;
        const char* const last = text.data() + text.size();
        const auto [end, status] = std::from_chars(text.data(), last, value);
        std::string unit(end, last);
        if (unit.ends_with("iB")) unit.resize(unit.size() - 2);
        const std::size_t power =
            unit.empty() ? 0 : std::string("KMGT").find(static_cast<char>(std::toupper(unit.front()))) + 1;
        if (status != std::errc() || value < 1 || unit.size() > 1 || (!unit.empty() && power == 0)) return error;
        if (value > (std::numeric_limits<Index>::max() >> (10 * power))) return error;
        text = std::to_string(value << (10 * power));
        return {};
      },
      "");
}

/// Not empty, and not the next option, which CLI11 would take for the value of one whose value was forgotten.
inline CLI::Validator a_value() {
  return CLI::Validator(
      [](std::string& text) -> std::string {
        if (text.empty()) return "a value is missing";
        if (text.starts_with("--")) return "a value is missing before " + text;
        return {};
      },
      "");
}

/// One of these words.
inline CLI::Validator one_of(std::vector<std::string> words) {
  return CLI::Validator(
      [words = std::move(words)](std::string& text) -> std::string {
        std::string known;
        for (const std::string& word : words) {
          if (text == word) return {};
          known += (known.empty() ? "" : " or ") + word;
        }
        return "'" + text + "' is not " + known;
      },
      "");
}

/// A finite number of seconds above 0.
inline CLI::Validator positive_seconds() {
  return CLI::Validator(
      [](std::string& text) -> std::string {
        try {
          if (parse_number(text) > 0) return {};
        } catch (const UsageError&) {
        }
        return "'" + text + "' is not a number of seconds above 0";
      },
      "");
}

}  // namespace tally::pipeline

// What went wrong, in words for the user.
#pragma once

#include <exception>
#include <new>
#include <string>

namespace tally::pipeline {

inline std::string failure_text(const std::exception& failure) {
  if (dynamic_cast<const std::bad_alloc*>(&failure) != nullptr) return "out of memory";
  const std::string text = failure.what();
  return text.empty() ? "unknown failure" : text;
}

}  // namespace tally::pipeline

// What an action that should fail says.
#pragma once

#include <functional>
#include <string>

#include "kernels/types.hpp"

namespace tally::io {

/// The text of the Error that `action` throws.
inline std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

}  // namespace tally::io

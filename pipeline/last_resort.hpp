// What is left to do where a thread does not come back from a file.
#pragma once

#include <chrono>
#include <functional>
#include <string>

#include "kernels/signal.hpp"

namespace tally::pipeline {

/// Of a rank that waits for its threads to end.
struct LastResort {
  /// Is told why the rank ends, if it does because something failed; must not return, since nothing that the thread
  /// uses can be destroyed.
  std::function<void(const std::string& why)> give_up;
  double patience_seconds = 300.0;
  std::string why = {};

  /// Waits until ended(), which `events` is raised for.
  void wait(Signal& events, const std::function<bool()>& ended) const {
    const auto start = std::chrono::steady_clock::now();
    for (std::uint64_t seen = events.count(); !ended(); seen = events.count()) {
      const std::chrono::duration<double> waited = std::chrono::steady_clock::now() - start;
      if (waited.count() > patience_seconds) give_up(why);
      events.wait_for(seen, std::chrono::milliseconds(100));
    }
  }
};

}  // namespace tally::pipeline

// Processor time.
#pragma once

#include <time.h>

namespace tally::pipeline {

/// Of the calling thread so far.
inline double thread_cpu_seconds() {
  timespec now{};
  if (clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now) != 0) return 0.0;
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

}  // namespace tally::pipeline

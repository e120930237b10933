// How much memory this process has had.
#pragma once

#include <cstdint>

namespace tally::pipeline {

/// The largest resident size so far, in bytes. Not getrusage's: that one goes on counting from the process that started
/// this one (a large Python script, say), through fork and exec.
std::uint64_t peak_rss_bytes();

}  // namespace tally::pipeline

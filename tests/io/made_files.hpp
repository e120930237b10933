// Files that a Python script wrote before the tests.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace tally::io {

/// Skips where h5py was not there to write the files of `script`; fails instead where TALLY_REQUIRE_ORACLES=1.
inline void require_made_files(const std::string& folder, const char* script) {
  if (std::filesystem::exists(folder + "/complete")) return;
  const char* required = std::getenv("TALLY_REQUIRE_ORACLES");
  if (required && std::string(required) == "1") FAIL() << script << " has not written " << folder;
  GTEST_SKIP() << script << " has not written its files (h5py is missing?)";
}

}  // namespace tally::io

// The files that make_datasets.py wrote, for the tests that read them.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "io/dataset.hpp"

namespace tally::io {

/// Skips where h5py was not there to write the files; fails instead where TALLY_REQUIRE_ORACLES=1.
class MadeDatasets : public ::testing::Test {
 protected:
  void SetUp() override {
    if (std::filesystem::exists(path("complete"))) return;
    const char* required = std::getenv("TALLY_REQUIRE_ORACLES");
    if (required && std::string(required) == "1") FAIL() << "make_datasets.py has not written " << path("");
    GTEST_SKIP() << "make_datasets.py has not written its files (h5py is missing?)";
  }
  static std::string path(const std::string& name) { return std::string(TALLY_TEST_DATASETS) + "/" + name; }
  static DatasetReader open(const std::string& name, const std::string& inputs = "", const std::string& labels = "") {
    DatasetRequest request;
    request.file = path(name);
    if (!inputs.empty()) request.inputs = inputs;
    if (!labels.empty()) request.labels = labels;
    return DatasetReader(request);
  }
};

/// The text of the Error that `action` throws.
inline std::string error_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

constexpr Index made_rows = 37;

inline std::int64_t made_label(Index row) { return row * row % 5; }

/// inputs[row, column] before types change it.
inline int made_value(Index row, Index column) { return static_cast<int>((7 * row + 3 * column) % 101); }

}  // namespace tally::io

// The files that make_datasets.py wrote, for the tests that read them.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

#include "error_of.hpp"
#include "io/dataset.hpp"
#include "made_files.hpp"

namespace tally::io {

/// Tests of this fixture skip where make_datasets.py could not run.
class MadeDatasets : public ::testing::Test {
 protected:
  void SetUp() override { require_made_files(TALLY_TEST_DATASETS, "make_datasets.py"); }
  static std::string path(const std::string& name) { return std::string(TALLY_TEST_DATASETS) + "/" + name; }
  static DatasetReader open(const std::string& name, const std::string& inputs = "", const std::string& labels = "") {
    DatasetRequest request;
    request.file = path(name);
    if (!inputs.empty()) request.inputs = inputs;
    if (!labels.empty()) request.labels = labels;
    return DatasetReader(request);
  }
};

constexpr Index made_rows = 37;

inline std::int64_t made_label(Index row) { return row * row % 5; }

/// inputs[row, column] before types change it.
inline int made_value(Index row, Index column) { return static_cast<int>((7 * row + 3 * column) % 101); }

}  // namespace tally::io

// What `tally bench` writes for people and for programs.
#pragma once

#include <string>
#include <vector>

#include "io/model_file.hpp"
#include "pipeline/bench_measurement.hpp"

namespace tally::pipeline {

/// What holds for every number of threads.
struct BenchFacts {
  std::string version;
  std::string command;
  StoredType type = StoredType::float32;
  Index rows = 0;
  Index row_bytes = 0;  // of all rows
  Index batch_size = 0;
  std::string blis_configuration;
  std::string vector_isa;
};

/// The lines before the first measurement: model, rows, kernels, and the table's head.
std::string bench_head(const io::ModelFile& model, const BenchFacts& facts);

/// A line of the table, and one that says what limits.
std::string bench_line(const BenchMeasurement& measurement);

/// A flat object with one measurement, a list of such objects with several. Ends in a newline.
std::string bench_json(const io::ModelFile& model, const BenchFacts& facts,
                       const std::vector<BenchMeasurement>& measurements);

}  // namespace tally::pipeline

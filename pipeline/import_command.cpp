#include <fmt/format.h>

#include <ostream>

#include "io/idx.hpp"
#include "io/output_paths.hpp"
#include "pipeline/commands.hpp"
#include "pipeline/number.hpp"

namespace tally::pipeline {

void import_idx(const ImportIdxOptions& options, std::ostream& out) {
  io::check_output_paths({options.images, options.labels}, {options.output});
  const io::ImportResult result = io::import_idx(options.images, options.labels, options.output);
  out << fmt::format("{}: {} rows, {} {}\n", options.output, with_thousands(result.rows), result.dtype,
                     result.row_shape.empty() ? "1" : fmt::format("{}", fmt::join(result.row_shape, "x")));
}

void import_model(const ImportModelOptions& options, std::ostream& out) {
  io::check_output_paths({options.input}, {options.output});
  const io::ModelFile file = io::read_model(options.input, options.activations);
  io::write_native_model(file.model, options.output);
  out << fmt::format("{}: {} {}, {} parameters, from {} ({})\n", options.output, shape_string(file.model),
                     activations_string(file.model), with_thousands(file.model.parameters()), options.input,
                     file.format);
}

}  // namespace tally::pipeline

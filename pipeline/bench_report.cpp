#include "pipeline/bench_report.hpp"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "pipeline/number.hpp"

namespace tally::pipeline {
namespace {

using Json = nlohmann::ordered_json;

double share_of(const BenchFigures& figures, Phase phase) { return figures.phases[static_cast<std::size_t>(phase)]; }

Json json_of(const io::ModelFile& model, const BenchFacts& facts, const BenchMeasurement& measurement) {
  const BenchFigures& figures = measurement.figures;
  return {{"samples_per_second", measurement.samples_per_second},
          {"gflops", measurement.gflops},
          {"fma_peak_gflops", measurement.fma_peak_gflops},
          {"fraction_of_peak", measurement.fraction_of_peak},
          {"threads", measurement.threads},
          {"input_dtype", name_of(facts.type)},
          {"batch_size", facts.batch_size},
          {"phases",
           {{"pack", share_of(figures, Phase::pack)},
            {"gemm", share_of(figures, Phase::gemm)},
            {"activation", share_of(figures, Phase::activation)},
            {"softmax", share_of(figures, Phase::softmax)}}},
          {"gemm_fraction_of_peak", gemm_fraction_of_peak(figures)},
          {"busy_fraction", figures.busy},
          {"issued_per_useful", figures.issued},
          {"memory_fraction", figures.memory ? Json(*figures.memory) : Json(nullptr)},
          {"limit", what_limits(figures)},
          {"seconds", measurement.seconds},
          {"intervals", measurement.intervals},
          {"rows", facts.rows},
          {"model", model.file},
          {"model_shape", shape_string(model.model)},
          {"parameters", model.model.parameters()},
          {"flops_per_sample", model.model.flops_per_sample()},
          {"blis_configuration", facts.blis_configuration},
          {"vector_isa", facts.vector_isa},
          {"command", facts.command},
          {"version", facts.version}};
}

}  // namespace

std::string bench_head(const io::ModelFile& model, const BenchFacts& facts) {
  std::string text;
  const auto line = [&text](const char* name, const std::string& value) {
    text += fmt::format("{:<20}{}\n", name, value);
  };
  line("model", fmt::format("{} ({}): {} {}, {} FLOP per sample", model.file, model.format, shape_string(model.model),
                            activations_string(model.model), with_thousands(model.model.flops_per_sample())));
  line("rows",
       fmt::format("{} generated, {} x {}, {} MiB; batches of {}", with_thousands(facts.rows), name_of(facts.type),
                   model.model.inputs(), with_thousands(facts.row_bytes >> 20), with_thousands(facts.batch_size)));
  line("kernels", fmt::format("BLIS {}, {}", facts.blis_configuration, facts.vector_isa));
  text += fmt::format("\n{:>7} {:>13} {:>9} {:>9} {:>8}   {:>8} {:>6} {:>11} {:>8}\n", "threads", "samples/s",
                      "GFLOP/s", "FMA peak", "of peak", "packing", "GEMM", "activation", "softmax");
  return text;
}

std::string bench_line(const BenchMeasurement& measurement) {
  const BenchFigures& figures = measurement.figures;
  const auto percent = [](double share) { return fmt::format("{:.1f} %", 100.0 * share); };
  return fmt::format("{:>7} {:>13} {:>9.1f} {:>9.1f} {:>8}   {:>8} {:>6} {:>11} {:>8}\n        limited by {}\n",
                     measurement.threads, with_thousands(std::llround(measurement.samples_per_second)),
                     measurement.gflops, measurement.fma_peak_gflops, percent(measurement.fraction_of_peak),
                     percent(share_of(figures, Phase::pack)), percent(share_of(figures, Phase::gemm)),
                     percent(share_of(figures, Phase::activation)), percent(share_of(figures, Phase::softmax)),
                     what_limits(figures));
}

std::string bench_json(const io::ModelFile& model, const BenchFacts& facts,
                       const std::vector<BenchMeasurement>& measurements) {
  Json json = Json::array();
  for (const BenchMeasurement& one : measurements) json.push_back(json_of(model, facts, one));
  if (measurements.size() == 1) json = Json(json.front());
  // Paths are bytes, not always UTF-8.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace tally::pipeline

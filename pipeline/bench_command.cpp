#include <chrono>
#include <optional>
#include <ostream>

#include "io/atomic_file.hpp"
#include "io/output_paths.hpp"
#include "kernels/microkernel.hpp"
#include "pipeline/affinity.hpp"
#include "pipeline/bench_report.hpp"
#include "pipeline/commands.hpp"
#include "pipeline/launch.hpp"
#include "pipeline/ranks.hpp"

namespace tally::pipeline {
namespace {

using Clock = std::chrono::steady_clock;

/// Threads and kernels of this process, as `evaluate` would settle them for a job of one rank.
Agreement agree_alone(const BenchOptions& options) {
  const KernelChoice kernels = choose_kernels();  // asks a forked child, so before OpenMP starts
  Introduction mine{this_placement(), {}, {}};
  mine.kernels = kernels;
  return agree({mine}, options.threads);
}

/// As one rank of `evaluate` would cut these rows.
ShardRequest shard_request(const BenchOptions& options, const Model& model, const Network& network, Index rows,
                           Index bytes_per_row) {
  ShardRequest request;
  request.rows = {0, rows};
  request.bytes_per_row = bytes_per_row + Index{sizeof(std::int64_t)};
  request.flops_per_row = model.flops_per_sample();
  request.batch_size = options.batch_size;
  request.panel = network.panel();
  request.tile_rows = network.tile_rows();
  return request;
}

}  // namespace

void bench(const BenchOptions& options, const std::string& command, std::ostream& out, std::ostream& warnings) {
  const auto start = Clock::now();
  const auto seconds_left = [&] {
    return bench_seconds(options.seconds) - std::chrono::duration<double>(Clock::now() - start).count();
  };
  const auto warn = [&warnings](const std::string& text) { warnings << "tally: warning: " << text << std::endl; };
  const Agreement agreement = agree_alone(options);
  use_blis_configuration(agreement.blis);
  use_vector_isa(agreement.isa);
  for (const std::string& text : agreement.warnings) warn(text);
  if (const int processes = launched_processes(process_environment()); processes > 1) {
    warn(std::to_string(processes) +
         " processes were started, each of which measures alone, while the others run; `tally bench` needs no mpirun");
  }
  io::check_output_paths({options.model}, {options.report});
  std::optional<io::AtomicFile> report;
  if (!options.report.empty()) report.emplace(options.report);

  io::ModelFile file = io::read_model(options.model, options.activations);
  const Model& model = file.model;
  const Network network(model);
  drop_weights(file.model);
  const Index bytes_per_row = model.inputs() * static_cast<Index>(size_of(options.input_type));
  const BenchRows rows(options.input_type, bench_row_count(bytes_per_row), model.inputs(), model.classes());
  const Microkernel kernel;
  BenchRun run(network, rows, shard_request(options, model, network, rows.rows(), bytes_per_row),
               issued_per_useful(model, kernel.units(), kernel.has_edges()));
  BenchFacts facts;
  facts.version = this_version().tally;
  facts.command = command;
  facts.type = options.input_type;
  facts.rows = rows.rows();
  facts.row_bytes = rows.bytes();
  facts.batch_size = options.batch_size;
  facts.blis_configuration = agreement.blis.name;
  facts.vector_isa = name_of(agreement.isa);

  const int most = agreement.threads.front();
  const std::vector<int> counts = options.threads ? std::vector<int>{most} : bench_thread_counts(most);
  out << bench_head(file, facts) << std::flush;
  std::vector<BenchMeasurement> measurements;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    // A number of threads takes a shard at least, perhaps no faster than the number before; another for what is less.
    if (i > 0 && seconds_left() < 2.0 * measurements.back().shard_seconds) {
      warn("the time is up: no measurement with " + std::to_string(counts[i]) + " threads; give --seconds more");
      break;
    }
    const BenchTimes times = bench_times(options.seconds, seconds_left(), static_cast<int>(counts.size() - i));
    measurements.push_back(run.measure(counts[i], times));
    out << bench_line(measurements.back()) << std::flush;
  }
  if (report) {
    report->write(bench_json(file, facts, measurements));
    report->commit();
  }
}

}  // namespace tally::pipeline

#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <ctime>
#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <ostream>

#include "io/atomic_file.hpp"
#include "io/output_paths.hpp"
#include "io/predictions.hpp"
#include "pipeline/affinity.hpp"
#include "pipeline/broadcast.hpp"
#include "pipeline/commands.hpp"
#include "pipeline/model_broadcast.hpp"
#include "pipeline/ranks.hpp"
#include "pipeline/root_step.hpp"
#include "pipeline/scatter.hpp"
#include "pipeline/summary.hpp"

namespace tally::pipeline {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int exit_failed = 1;
constexpr int exit_usage = 2;

double seconds_between(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

std::string utc_now() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  std::string text(32, '\0');
  text.resize(std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &utc));
  return text;
}

std::int64_t peak_rss_bytes() {
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) != 0) return 0;
  return std::int64_t{usage.ru_maxrss} * 1024;
}

/// The rows that --first-row and --limit leave.
RowRange rows_to_evaluate(const EvaluateOptions& options, const io::DatasetInfo& data) {
  if (options.first_row >= data.rows) {
    throw Error(data.file + ": " + data.inputs_path + ": --first-row " + std::to_string(options.first_row) +
                " is past the end: there are " + std::to_string(data.rows) + " rows");
  }
  const Index left = data.rows - options.first_row;
  return {options.first_row, std::min(left, options.limit.value_or(left))};
}

void check_data_fits_model(const io::DatasetInfo& data, const io::ModelFile& file) {
  const Model& model = file.model;
  if (data.inputs != model.inputs()) {
    throw Error(data.file + ": " + data.inputs_path + ": rows of " + std::to_string(data.inputs) + " inputs (" +
                row_shape_string(data) + "), but the first layer of " + file.file + " takes " +
                std::to_string(model.inputs()));
  }
  if (data.one_hot_classes != 0 && data.one_hot_classes != model.classes()) {
    throw Error(data.file + ": " + data.labels_path + ": one-hot labels of " + std::to_string(data.one_hot_classes) +
                " classes, but " + file.file + " knows " + std::to_string(model.classes()));
  }
}

io::ModelFile read_model(const EvaluateOptions& options) {
  try {
    return io::read_model(options.model, options.activations);
  } catch (const std::bad_alloc&) {
    throw Error(options.model + ": the model does not fit into memory");
  }
}

/// A row and its results must fit into one message.
void check_row_fits_message(const io::DatasetInfo& data, const ShardRequest& request) {
  constexpr Index most = std::numeric_limits<int>::max() - Index{1024};
  if (request.ranks > 1 && request.bytes_per_row > most) {
    throw Error(data.file + ": " + data.inputs_path + ": a row takes " + std::to_string(request.bytes_per_row) +
                " bytes with its results, but a message between ranks at most " + std::to_string(most) +
                ": use one rank");
  }
}

/// Everything only the root has: files in, files out.
struct RootFiles {
  io::ModelFile model;
  std::unique_ptr<io::DatasetReader> reader;
  std::optional<io::AtomicFile> report;
  std::unique_ptr<io::PredictionWriter> predictions;
  RowRange rows;
  Job job;

  RootFiles(const EvaluateOptions& options, int ranks) {
    io::check_output_paths({options.model, options.data.file}, {options.report, options.predictions});
    if (!options.report.empty()) report.emplace(options.report);
    if (!options.predictions.empty()) predictions = std::make_unique<io::PredictionWriter>(options.predictions);
    model = read_model(options);
    reader = std::make_unique<io::DatasetReader>(options.data);
    const io::DatasetInfo& data = reader->info();
    check_data_fits_model(data, model);
    rows = rows_to_evaluate(options, data);
    job.inputs = model.model.inputs();
    job.classes = model.model.classes();
    job.transform = {data.scale, data.offset};
    job.type = data.type;
    job.predictions = predictions != nullptr;
    job.probabilities = options.probabilities;
    job.stall_seconds = options.stall_seconds;
    ShardRequest& request = job.shards;
    request.rows = rows;
    request.bytes_per_row = job.bytes_per_row() + Index{sizeof(std::int64_t)} + result_bytes_per_row(job);
    request.flops_per_row = model.model.flops_per_sample();
    request.batch_size = options.batch_size;
    request.ranks = ranks;
    request.shards_in_flight = shards_in_flight;
    check_row_fits_message(data, request);
    if (predictions) {
      const bool part = rows.count != data.rows;
      predictions->open({rows.count, job.classes, job.probabilities, part, rows.first});
    }
  }
};

/// The steps of one evaluation; collective.
class Evaluation {
 public:
  Evaluation(const MpiSession& session, const Start& start, const EvaluateOptions& options, std::ostream& out,
             std::ostream& warnings)
      : session_(session), start_(start), options_(options), out_(out), warnings_(warnings) {}

  Ending run() {
    agreement_ =
        agree(session_, {this_placement(), start_.kernels, start_.kernel_error}, options_.threads, stall_seconds_);
    if (!agreement_.error.empty()) return failed(agreement_.error);
    use_blis_configuration(agreement_.blis);
    use_vector_isa(agreement_.isa);
    if (session_.root()) {
      for (const std::string& text : agreement_.warnings) warnings_ << "tally: warning: " << text << std::endl;
    }
    Ending ending = share_job();
    if (ending.exit_code != 0) return ending;
    ending = evaluate_rows_of_job();
    if (ending.exit_code != 0) return ending;
    return share_ending([this] { write_outputs(); });
  }

 private:
  Ending failed(const std::string& error, int exit_code = exit_failed) const {
    return {exit_code, session_.root() ? error : std::string()};
  }

  /// Runs a step that only the root takes, and tells the others how it ended.
  template <class Step>
  Ending share_ending(Step step) {
    Ending ending;
    const auto caught = [this, &ending, &step] {
      try {
        step();
      } catch (const UsageError& error) {
        ending = {exit_usage, error.what()};
      } catch (const std::bad_alloc&) {
        ending = {exit_failed,
                  "out of memory with the model " + options_.model + " and the data " + options_.data.file};
      } catch (const std::exception& error) {
        ending = {exit_failed, error.what()};
      }
    };
    run_on_root(session_, caught, stall_seconds_);
    std::string code(1, static_cast<char>(ending.exit_code));
    broadcast(session_, code, stall_seconds_);
    ending.exit_code = static_cast<unsigned char>(code.at(0));
    return ending;
  }

  /// The root opens all files; the others get the job.
  Ending share_job() {
    const Ending ending = share_ending([this] { files_.emplace(options_, session_.size()); });
    if (ending.exit_code != 0) return ending;
    std::string bytes = session_.root() && session_.size() > 1 ? to_bytes(files_->job) : std::string();
    broadcast(session_, bytes, stall_seconds_);
    job_ = session_.root() ? files_->job : job_from_bytes(bytes);
    job_.stall_seconds = stall_seconds_;
    pack_model();
    return ending;
  }

  /// A rank holds its model twice, as it came and packed, no longer than packing takes.
  void pack_model() {
    Model received;
    Model& model = session_.root() ? files_->model.model : received;
    broadcast_model(session_, model, stall_seconds_);
    network_.emplace(model);
    drop_weights(model);
  }

  Ending evaluate_rows_of_job() {
    const int threads = agreement_.threads[static_cast<std::size_t>(session_.rank())];
    plan_shards();
    ShardEvaluator evaluator(job_, *network_, threads);
    if (!session_.root()) {
      if (!run_worker(session_, job_, evaluator)) return {exit_failed, {}};
    } else {
      try {
        scatter(evaluator);
      } catch (const StrandedError&) {
        throw;
      } catch (const std::exception& error) {
        return failed(error.what());
      }
    }
    reduce(evaluator.counts());
    return {};
  }

  /// So that every rank cuts the rows alike.
  void plan_shards() {
    job_.shards.threads = *std::max_element(agreement_.threads.begin(), agreement_.threads.end());
    job_.shards.panel = network_->panel();
    job_.shards.tile_rows = network_->tile_rows();
  }

  void scatter(ShardEvaluator& evaluator) {
    first_read_ = Clock::now();
    DatasetShardSource source(*files_->reader, job_.shards, job_.classes);
    const ResultSink sink = [this](ShardMessage& shard, ResultMessage& result) {
      if (!files_->predictions) return;
      files_->predictions->write(shard.rows().first - files_->rows.first,
                                 {result.predicted(), result.confidence(), shard.labels(), result.probabilities()});
    };
    outcome_ = run_root(session_, job_, source, evaluator, sink);
  }

  void reduce(const Counts& mine) {
    const auto words = reduce_sum(session_, mine.to_words(), stall_seconds_);
    if (session_.root()) {
      counts_ = Counts::from_words(words);
      reduced_ = Clock::now();
    }
    const auto peak = reduce_max(session_, {peak_rss_bytes()}, stall_seconds_);
    if (session_.root()) peak_rss_ = static_cast<std::uint64_t>(peak.at(0));
  }

  io::RunFacts run_facts() const {
    io::RunFacts run;
    run.command = start_.command;
    run.version = this_version().tally;
    run.started_at = started_at_;
    run.ranks = session_.size();
    run.threads_per_rank = agreement_.threads;
    for (const Placement& placement : agreement_.placements) {
      if (std::find(run.hosts.begin(), run.hosts.end(), placement.host) == run.hosts.end()) {
        run.hosts.push_back(placement.host);
      }
    }
    run.batch_size = options_.batch_size;
    run.blis_configuration = agreement_.blis.name;
    run.vector_isa = name_of(agreement_.isa);
    return run;
  }

  std::vector<std::string> result_warnings() const {
    std::vector<std::string> all = agreement_.warnings;
    if (counts_.nonfinite > 0) {
      all.push_back(std::to_string(counts_.nonfinite) + " of " + std::to_string(counts_.samples) +
                    " samples have a NaN or infinite output: counted as wrong, left out of the loss");
    }
    return all;
  }

  void write_outputs() {
    if (counts_.samples != files_->rows.count) {
      throw Error("internal error: " + std::to_string(counts_.samples) + " samples counted of " +
                  std::to_string(files_->rows.count) + " rows");
    }
    const io::DatasetInfo& data = files_->reader->info();
    io::PerformanceFacts performance;
    performance.wall_seconds = seconds_between(first_read_, reduced_);
    performance.startup_seconds = seconds_between(session_.started(), first_read_);
    performance.rows = files_->rows.count;
    performance.bytes_read = files_->reader->bytes_read();
    performance.bytes_sent = outcome_.bytes_sent;
    performance.peak_rss_bytes = peak_rss_;
    performance.flops = static_cast<double>(job_.shards.flops_per_row) * static_cast<double>(files_->rows.count);
    const auto output_start = Clock::now();
    if (files_->predictions) files_->predictions->commit();
    performance.output_seconds = seconds_between(output_start, Clock::now());
    const std::vector<std::string> warnings = result_warnings();
    for (std::size_t i = agreement_.warnings.size(); i < warnings.size(); ++i) {
      warnings_ << "tally: warning: " << warnings[i] << std::endl;
    }
    const io::RunFacts run = run_facts();
    if (files_->report) {
      files_->report->write(io::report_json(files_->model, data, counts_, run, performance, warnings));
      files_->report->commit();
    }
    if (!options_.quiet) out_ << summary(files_->model, data, counts_, run, performance);
  }

  const MpiSession& session_;
  const Start& start_;
  const EvaluateOptions& options_;
  std::ostream& out_;
  std::ostream& warnings_;
  /// The root loses patience first, so that it alone speaks.
  const double stall_seconds_ = options_.stall_seconds + (session_.root() ? 0.0 : 5.0);
  const std::string started_at_ = utc_now();
  Agreement agreement_;
  Job job_;
  std::optional<Network> network_;
  // Root only:
  std::optional<RootFiles> files_;
  RootOutcome outcome_;
  Counts counts_;
  std::uint64_t peak_rss_ = 0;
  Clock::time_point first_read_;
  Clock::time_point reduced_;
};

}  // namespace

Ending evaluate(const MpiSession& session, const Start& start, const EvaluateOptions& options, std::ostream& out,
                std::ostream& warnings) {
  return Evaluation(session, start, options, out, warnings).run();
}

}  // namespace tally::pipeline

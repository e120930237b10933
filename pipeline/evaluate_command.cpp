#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <new>
#include <optional>
#include <ostream>

#include "pipeline/affinity.hpp"
#include "pipeline/bottleneck.hpp"
#include "pipeline/broadcast.hpp"
#include "pipeline/commands.hpp"
#include "pipeline/failure_text.hpp"
#include "pipeline/fingerprint.hpp"
#include "pipeline/model_broadcast.hpp"
#include "pipeline/peak_memory.hpp"
#include "pipeline/plain_sharing.hpp"
#include "pipeline/rank_figures.hpp"
#include "pipeline/ranks.hpp"
#include "pipeline/root_files.hpp"
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
      for (const std::string& text : agreement_.warnings) warn(text);
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
    plan_shards();
    if (Ending ending = open_own_reader(); ending.exit_code != 0) return ending;
    const io::DatasetReader* const reader = session_.root() ? files_->reader.get() : own_reader_.get();
    std::optional<DatasetShardSource> source;
    if (reader != nullptr) source.emplace(*reader, job_);
    const int threads = agreement_.threads[static_cast<std::size_t>(session_.rank())];
    share_with_neighbours();
    RankTools tools{*network_, threads, source ? &*source : nullptr, [this](const std::string& why) { give_up(why); }};
    tools.sharing = &shard_sharing_;
    tools.plain = plain_sharing_.rows.get();
    tools.readers = plain_sharing_.ranks;
    RankOutcome outcome;
    if (!session_.root()) {
      outcome = run_worker(session_, job_, tools);
      if (!outcome.finished) return {exit_failed, {}};
    } else {
      try {
        outcome = scatter(tools);
      } catch (const StrandedError&) {
        throw;
      } catch (const std::exception& error) {
        return failed(failure_text(error));
      }
    }
    reduce(outcome, reader);
    return {};
  }

  /// So that every rank cuts the rows alike.
  void plan_shards() {
    job_.shards.threads = *std::max_element(agreement_.threads.begin(), agreement_.threads.end());
    job_.shards.panel = network_->panel();
    job_.shards.tile_rows = network_->tile_rows();
    job_.memory = plan_memory(job_.limits, job_.shards);
    if (!session_.root()) return;
    for (const std::string& text : memory_warnings(job_, files_->reader->info())) warn(text);
  }

  bool beside_root(std::size_t rank) const { return agreement_.placements[rank].host == agreement_.placements[0].host; }
  bool beside_root() const { return beside_root(static_cast<std::size_t>(session_.rank())); }

  /// Ranks on the root's machine read rows that lie plainly for themselves, and find others in the root's memory.
  void share_with_neighbours() {
    const auto any_fed = [this] {
      for (std::size_t rank = 1; rank < agreement_.placements.size(); ++rank) {
        const bool reads = !plain_sharing_.ranks.empty() && plain_sharing_.ranks[rank];
        if (!reads && beside_root(rank)) return true;
      }
      return false;
    };
    if (job_.ranks_read || !any_fed()) return;
    // Where the root's threads read for themselves, so can others.
    if (job_.memory.pieces > 0) {
      const io::PlainRows* const rows = session_.root() ? files_->reader->plain() : nullptr;
      plain_sharing_ = share_plain_rows(session_, rows, beside_root(), stall_seconds_);
    }
    if (any_fed()) share_shards(session_, shared_bytes(job_), beside_root(), stall_seconds_, shard_sharing_);
  }

  /// Where ranks read, all must find what the root has found.
  Ending open_own_reader() {
    if (!job_.ranks_read || session_.size() == 1) return {};
    std::string found;
    Ending ending = share_ending([this, &found] { found = fingerprint(*files_->reader, job_.shards.rows); });
    if (ending.exit_code != 0) return ending;
    broadcast(session_, found, stall_seconds_);
    std::string error;
    if (!session_.root()) {
      try {
        own_reader_ = std::make_unique<io::DatasetReader>(open_dataset(options_));
        const std::string mine = fingerprint(*own_reader_, job_.shards.rows);
        if (mine != found) error = options_.data.file + " is not what the root sees: " + mine + " instead of " + found;
      } catch (const std::exception& failure) {
        error = failure.what();
      }
    }
    const std::vector<std::string> errors = all_gather(session_, error, stall_seconds_);
    for (std::size_t rank = 0; rank < errors.size(); ++rank) {
      if (errors[rank].empty()) continue;
      return failed("rank " + std::to_string(rank) + " (" + agreement_.placements[rank].host + "): " + errors[rank]);
    }
    return {};
  }

  /// A thread does not come back, so nothing it uses can be destroyed.
  [[noreturn]] void give_up(const std::string& why) const {
    const std::string rank = session_.root() ? "" : "rank " + std::to_string(session_.rank()) + ": ";
    const std::string line = rank + (why.empty() ? options_.data.file + ": reading it does not come back" : why);
    start_.end_now(line.c_str());
    std::abort();  // it does not return
  }

  RankOutcome scatter(const RankTools& tools) {
    const ResultSink sink = [this](Result& result) {
      files_->predictions->write(result.rows().first - files_->rows.first,
                                 {result.predicted(), result.confidence(), result.labels(), result.probabilities()});
    };
    outcome_ = run_root(session_, job_, tools, sink);
    return outcome_.rank;
  }

  void reduce(const RankOutcome& outcome, const io::DatasetReader* reader) {
    const auto start = Clock::now();
    const auto words = reduce_sum(session_, outcome.counts.to_words(), stall_seconds_);
    RankFigures mine{outcome.times, seconds_between(start, Clock::now())};
    if (session_.root()) {
      counts_ = Counts::from_words(words);
      reduced_ = Clock::now();
    }
    mine.bytes_read = reader != nullptr     ? reader->bytes_read()
                      : plain_sharing_.rows ? plain_sharing_.rows->bytes_read()
                                            : 0;
    mine.peak_rss_bytes = peak_rss_bytes();
    figures_ = gather(session_, mine, stall_seconds_);
  }

  void warn(const std::string& text) {
    warnings_ << "tally: warning: " << text << std::endl;
    all_warnings_.push_back(text);
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
    run.reader = job_.ranks_read ? "each" : "root";
    run.blis_configuration = agreement_.blis.name;
    run.vector_isa = name_of(agreement_.isa);
    return run;
  }

  void warn_of_results() {
    if (counts_.nonfinite == 0) return;
    warn(std::to_string(counts_.nonfinite) + " of " + std::to_string(counts_.samples) +
         " samples have a NaN or infinite output: counted as wrong, left out of the loss");
  }

  BottleneckFacts bottleneck_facts(double wall_seconds) const {
    const Index for_threads = job_.shards.threads * job_.shards.panel;
    const Index rows_of_rank = job_.shards.rows.count / session_.size();
    BottleneckFacts facts;
    facts.phases = figures_.phases;
    facts.wall_seconds = wall_seconds;
    facts.reader_cpu_share = figures_.reader_cpu_share;
    facts.reader_decodes = files_->reader->info().compressed && !job_.chunks;
    const auto readers = std::count(plain_sharing_.ranks.begin(), plain_sharing_.ranks.end(), true);
    facts.ranks_read = job_.ranks_read || (readers > 0 && readers == session_.size() - 1);
    facts.small_shards = job_.memory.shard_rows < std::min(for_threads, rows_of_rank);
    facts.shared_cpus = !thread_warnings(agreement_.placements, agreement_.threads).empty();
    facts.ranks = session_.size();
    return facts;
  }

  io::PerformanceFacts performance_facts() const {
    io::PerformanceFacts performance;
    performance.wall_seconds = seconds_between(outcome_.first_read, reduced_);
    performance.startup_seconds = seconds_between(session_.started(), outcome_.first_read);
    performance.rows = files_->rows.count;
    performance.bytes_read = figures_.bytes_read;
    performance.bytes_sent = outcome_.bytes_sent;
    performance.peak_rss_bytes = figures_.peak_rss_bytes;
    performance.flops = static_cast<double>(job_.shards.flops_per_row) * static_cast<double>(files_->rows.count);
    performance.phases = figures_.phases;
    performance.shards_per_rank = outcome_.shards_per_rank;
    performance.rows_per_rank = outcome_.rows_per_rank;
    performance.bottleneck = bottleneck_sentence(bottleneck_facts(performance.wall_seconds));
    return performance;
  }

  void write_outputs() {
    if (counts_.samples != files_->rows.count) {
      throw Error("internal error: " + std::to_string(counts_.samples) + " samples counted of " +
                  std::to_string(files_->rows.count) + " rows");
    }
    const io::DatasetInfo& data = files_->reader->info();
    io::PerformanceFacts performance = performance_facts();
    const auto output_start = Clock::now();
    if (files_->predictions) files_->predictions->commit();
    performance.output_seconds = seconds_between(output_start, Clock::now());
    warn_of_results();
    const io::RunFacts run = run_facts();
    if (files_->report) {
      files_->report->write(io::report_json(files_->model, data, counts_, run, performance, all_warnings_));
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
  std::unique_ptr<io::DatasetReader> own_reader_;  // of other ranks than the root, where all read
  PlainSharing plain_sharing_;
  ShardSharing shard_sharing_;
  // Root only:
  std::optional<RootFiles> files_;
  RootOutcome outcome_;
  Counts counts_;
  RunFigures figures_;
  std::vector<std::string> all_warnings_;
  Clock::time_point reduced_;
};

}  // namespace

Ending evaluate(const MpiSession& session, const Start& start, const EvaluateOptions& options, std::ostream& out,
                std::ostream& warnings) {
  return Evaluation(session, start, options, out, warnings).run();
}

}  // namespace tally::pipeline

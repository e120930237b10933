#include "io/report.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace tally::io {
namespace {

using Json = nlohmann::ordered_json;

/// amount / seconds; null where that is undefined.
Json rate(double amount, double seconds) { return seconds > 0.0 ? Json(amount / seconds) : Json(nullptr); }

Json model_json(const ModelFile& file) {
  Json layers = Json::array();
  for (const Layer& layer : file.model.layers) {
    Json activation = to_string(layer.activation);
    // Slopes per unit are too many to list; the parameter in the text would be a wrong one.
    if (!layer.slopes.empty()) activation = to_string(layer.activation.kind);
    layers.push_back({{"inputs", layer.inputs}, {"outputs", layer.outputs}, {"activation", activation}});
  }
  return {{"file", file.file},
          {"format", file.format},
          {"layers", layers},
          {"parameters", file.model.parameters()},
          {"sha256", file.sha256}};
}

Json data_json(const DatasetInfo& data) {
  return {{"files", Json::array({data.file})},
          {"rows", data.rows},
          {"inputs", data.inputs},
          {"dtype", data.dtype},
          {"layout", data.layout}};
}

/// The one number where all ranks have it, else a list in order of rank.
Json threads_json(const std::vector<int>& threads) {
  const bool equal = !threads.empty() && std::ranges::all_of(threads, [&](int n) { return n == threads.front(); });
  return equal ? Json(threads.front()) : Json(threads);
}

Json run_json(const RunFacts& run) {
  return {{"command", run.command},
          {"version", run.version},
          {"started_at", run.started_at},
          {"ranks", run.ranks},
          {"threads_per_rank", threads_json(run.threads_per_rank)},
          {"hosts", run.hosts},
          {"batch_size", run.batch_size},
          {"reader", run.reader},
          {"blis_configuration", run.blis_configuration},
          {"vector_isa", run.vector_isa}};
}

Json spread_json(const Spread& spread) { return {{"min", spread.min}, {"mean", spread.mean}, {"max", spread.max}}; }

Json phases_json(const PhaseSeconds& phases) {
  return {{"read", spread_json(phases.read)},       {"send", spread_json(phases.send)},
          {"inflate", spread_json(phases.inflate)}, {"compute", spread_json(phases.compute)},
          {"wait", spread_json(phases.wait)},       {"reduce", spread_json(phases.reduce)}};
}

Json performance_json(const PerformanceFacts& performance) {
  return {{"wall_seconds", performance.wall_seconds},
          {"startup_seconds", performance.startup_seconds},
          {"output_seconds", performance.output_seconds},
          {"samples_per_second", rate(static_cast<double>(performance.rows), performance.wall_seconds)},
          {"bytes_read", performance.bytes_read},
          {"bytes_sent", performance.bytes_sent},
          {"phases", phases_json(performance.phases)},
          {"shards_per_rank", performance.shards_per_rank},
          {"rows_per_rank", performance.rows_per_rank},
          {"bottleneck", performance.bottleneck},
          {"gflops", rate(performance.flops * 1e-9, performance.wall_seconds)},
          {"peak_rss_bytes", performance.peak_rss_bytes}};
}

}  // namespace

std::string report_json(const ModelFile& model, const DatasetInfo& data, const Counts& counts, const RunFacts& run,
                        const PerformanceFacts& performance, const std::vector<std::string>& warnings) {
  // The library writes NaN and infinity as null.
  const Json report = {{"samples", counts.samples},
                       {"correct", counts.correct},
                       {"accuracy", counts.accuracy()},
                       {"mean_cross_entropy", counts.mean_cross_entropy()},
                       {"nonfinite_outputs", counts.nonfinite},
                       {"model", model_json(model)},
                       {"data", data_json(data)},
                       {"run", run_json(run)},
                       {"performance", performance_json(performance)},
                       {"warnings", warnings}};
  // Paths are bytes, not always UTF-8: what is none becomes U+FFFD instead of an exception.
  return report.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace tally::io

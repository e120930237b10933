// The report's keys, their order, and numbers that JSON cannot say.
#include "io/report.hpp"

#include <gmock/gmock.h>

#include <nlohmann/json.hpp>

namespace tally::io {
namespace {

using ::testing::ElementsAre;
using Json = nlohmann::ordered_json;

std::vector<std::string> keys(const Json& object) {
  std::vector<std::string> names;
  for (const auto& [key, value] : object.items()) names.push_back(key);
  return names;
}

struct Report {
  ModelFile model;
  DatasetInfo data;
  Counts counts;
  RunFacts run;
  PerformanceFacts performance;
  std::vector<std::string> warnings;

  Report() {
    model.file = "m.h5";
    model.format = "tally";
    model.sha256 = std::string(64, 'a');
    for (const char* name : {"leaky_relu:0.1", "softmax"}) {
      Layer layer;
      layer.inputs = layer.outputs = 2;
      layer.weights.resize(4);
      layer.bias.resize(2);
      layer.activation = parse_activation(name);
      model.model.layers.push_back(layer);
    }
    data.file = "d.h5";
    data.rows = 5;
    data.inputs = 2;
    data.dtype = "uint8";
    data.layout = "contiguous";
    counts.samples = 3;
    counts.correct = 2;
    for (const double loss : {0.1, 0.2, 0.6}) counts.cross_entropy.add(loss);
    run.threads_per_rank = {2, 2};
    run.hosts = {"a", "b"};
    performance.wall_seconds = 0.5;
    performance.rows = 3;
    performance.flops = 1e9;
  }
  std::string text() const { return report_json(model, data, counts, run, performance, warnings); }
  Json json() const { return Json::parse(text()); }
};

TEST(ReportJson, HasTheKeysInOrder) {
  const Json json = Report().json();
  EXPECT_THAT(keys(json), ElementsAre("samples", "correct", "accuracy", "mean_cross_entropy", "nonfinite_outputs",
                                      "model", "data", "run", "performance", "warnings"));
  EXPECT_THAT(keys(json["model"]), ElementsAre("file", "format", "layers", "parameters", "sha256"));
  EXPECT_THAT(keys(json["data"]), ElementsAre("files", "rows", "inputs", "dtype", "layout"));
  EXPECT_THAT(keys(json["run"]), ElementsAre("command", "version", "started_at", "ranks", "threads_per_rank", "hosts",
                                             "batch_size", "reader", "blis_configuration", "vector_isa"));
  EXPECT_THAT(
      keys(json["performance"]),
      ElementsAre("wall_seconds", "startup_seconds", "output_seconds", "samples_per_second", "bytes_read", "bytes_sent",
                  "phases", "shards_per_rank", "rows_per_rank", "bottleneck", "gflops", "peak_rss_bytes"));
  const Json& phases = json["performance"]["phases"];
  EXPECT_THAT(keys(phases), ElementsAre("read", "send", "inflate", "compute", "wait", "reduce"));
  for (const Json& phase : phases) EXPECT_THAT(keys(phase), ElementsAre("min", "mean", "max"));
}

TEST(ReportJson, NumbersReadBackToTheSameBits) {
  const Report report;
  const Json json = report.json();
  EXPECT_EQ(json["accuracy"].get<double>(), report.counts.accuracy());
  EXPECT_EQ(json["mean_cross_entropy"].get<double>(), report.counts.mean_cross_entropy());
  EXPECT_EQ(json["performance"]["samples_per_second"], 6.0);
  EXPECT_EQ(json["performance"]["gflops"], 2.0);
  EXPECT_EQ(json["model"]["parameters"], 12);
  EXPECT_EQ(json["model"]["layers"][0]["activation"], "leaky_relu:0.1");
  EXPECT_EQ(json["data"]["files"], Json::array({"d.h5"}));
  EXPECT_EQ(report.text().back(), '\n');
}

TEST(ReportJson, UndefinedNumbersAreNull) {
  Report report;
  report.counts = Counts{};
  report.performance.wall_seconds = 0.0;
  const Json json = report.json();
  EXPECT_TRUE(json["accuracy"].is_null());
  EXPECT_TRUE(json["mean_cross_entropy"].is_null());
  EXPECT_TRUE(json["performance"]["samples_per_second"].is_null());
  EXPECT_TRUE(json["performance"]["gflops"].is_null());
}

TEST(ReportJson, ThreadsPerRankIsOneNumberWhereAllAgree) {
  Report report;
  EXPECT_EQ(report.json()["run"]["threads_per_rank"], 2);
  report.run.threads_per_rank = {2, 4};
  EXPECT_EQ(report.json()["run"]["threads_per_rank"], Json::array({2, 4}));
}

TEST(ReportJson, PathsThatAreNoUtf8DoNotThrow) {
  Report report;
  report.model.file = "caf\xe9.h5";
  report.warnings = {"\xff"};
  const Json json = report.json();
  EXPECT_EQ(json["model"]["file"], "caf\xef\xbf\xbd.h5");
}

TEST(ReportJson, TheResultPartKnowsNothingOfTheRun) {
  const Report first;
  Report second;
  second.run.ranks = 7;
  second.run.threads_per_rank = {1, 3};
  second.performance.wall_seconds = 9.0;
  second.warnings = {"slow"};
  const auto result_part = [](const Report& report) {
    const std::string text = report.text();
    return text.substr(0, text.find("\"run\""));
  };
  EXPECT_EQ(result_part(first), result_part(second));
}

TEST(ReportJson, SlopesPerUnitAreNamedWithoutAParameter) {
  Report report;
  report.model.model.layers[0].activation = {.kind = ActivationKind::prelu};
  report.model.model.layers[0].slopes = {0.1F, 0.2F};
  EXPECT_EQ(report.json()["model"]["layers"][0]["activation"], "prelu");
}

}  // namespace
}  // namespace tally::io

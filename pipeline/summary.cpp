#include "pipeline/summary.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "pipeline/number.hpp"

namespace tally::pipeline {
namespace {

std::string counted(long long count, const char* noun) {
  return with_thousands(count) + " " + noun + (count == 1 ? "" : "s");
}

std::string threads_text(const io::RunFacts& run) {
  const auto [least, most] = std::minmax_element(run.threads_per_rank.begin(), run.threads_per_rank.end());
  const std::string ranks = counted(run.ranks, "rank");
  if (*least == *most) return fmt::format("{} x {}", ranks, counted(*most, "thread"));
  return fmt::format("{} x {} to {} threads", ranks, *least, *most);
}

std::string number_or_undefined(double value, const char* format) {
  return std::isnan(value) ? std::string("undefined") : fmt::format(fmt::runtime(format), value);
}

}  // namespace

std::string row_shape_string(const io::DatasetInfo& data) {
  if (data.row_shape.empty()) return "1";
  return fmt::format("{}", fmt::join(data.row_shape, "x"));
}

std::string transform_string(const io::DatasetInfo& data) {
  if (data.scale == 1.0 && data.offset == 0.0) return {};
  // Scales are mostly one over a whole number: 1/255 says more than 0.00392157.
  const double inverse = 1.0 / data.scale;
  const bool fraction = data.scale > 0.0 && data.scale < 1.0 && 1.0 / std::round(inverse) == data.scale;
  const std::string scale = fraction ? fmt::format("1/{:g}", std::round(inverse)) : fmt::format("{:g}", data.scale);
  if (data.offset == 0.0) return " x " + scale;
  return fmt::format(" x {} {} {:g}", scale, data.offset < 0 ? "-" : "+", std::abs(data.offset));
}

std::string summary(const io::ModelFile& model, const io::DatasetInfo& data, const Counts& counts,
                    const io::RunFacts& run, const io::PerformanceFacts& performance) {
  const double rate =
      performance.wall_seconds > 0 ? static_cast<double>(performance.rows) / performance.wall_seconds : 0;
  std::string text;
  const auto line = [&text](const char* name, const std::string& value) {
    text += fmt::format("{:<20}{}\n", name, value);
  };
  line("model", fmt::format("{} ({}): {} {}, {}", model.file, model.format, shape_string(model.model),
                            activations_string(model.model), counted(model.model.parameters(), "parameter")));
  line("data", fmt::format("{}: {}, {} {}{}", data.file, counted(performance.rows, "row"), data.dtype,
                           row_shape_string(data), transform_string(data)));
  line("run", fmt::format(
                  "{} on {}, BLIS {}, {}", threads_text(run),
                  run.hosts.size() == 1 ? run.hosts.front() : counted(static_cast<long long>(run.hosts.size()), "host"),
                  run.blis_configuration, run.vector_isa));
  line("accuracy", fmt::format("{}  ({} of {})", number_or_undefined(counts.accuracy(), "{:.6g}"),
                               with_thousands(counts.correct), with_thousands(counts.samples)));
  line("mean cross entropy", number_or_undefined(counts.mean_cross_entropy(), "{:.7g}"));
  line("time", fmt::format("{:.3f} s  ({} samples/s)", performance.wall_seconds, with_thousands(std::llround(rate))));
  if (!performance.bottleneck.starts_with("nothing")) line("limited by", performance.bottleneck);
  return text;
}

}  // namespace tally::pipeline

#include "pipeline/bottleneck.hpp"

#include <fmt/format.h>

namespace tally::pipeline {
namespace {

constexpr double shortest_telling_run = 0.1;  // seconds: below, threads and ranks have hardly come to work
constexpr double computing = 0.9;             // of the wall time
constexpr double busy = 0.75;                 // of the wall time
constexpr double on_processor = 0.7;          // of the time of reading

Bottleneck of_reader(const BottleneckFacts& facts) {
  if (facts.reader_cpu_share < on_processor) return Bottleneck::disk;
  return facts.reader_decodes ? Bottleneck::decompression : Bottleneck::reader;
}

}  // namespace

Bottleneck find_bottleneck(const BottleneckFacts& facts) {
  const io::PhaseSeconds& phases = facts.phases;
  const double wall = facts.wall_seconds;
  if (phases.compute.mean + phases.inflate.mean >= computing * wall) {
    return phases.inflate.mean > phases.compute.mean ? Bottleneck::inflate : Bottleneck::compute;
  }
  if (phases.read.max >= busy * wall) return of_reader(facts);
  if (phases.send.max >= busy * wall) return Bottleneck::network;
  if (facts.ranks > 1) return Bottleneck::imbalance;
  if (phases.wait.mean > phases.inflate.mean + phases.compute.mean) return of_reader(facts);
  return phases.inflate.mean > phases.compute.mean ? Bottleneck::inflate : Bottleneck::compute;
}

namespace {

std::string what_took_the_time(Bottleneck bottleneck, const BottleneckFacts& facts) {
  const io::PhaseSeconds& phases = facts.phases;
  const auto percent = [&facts](double seconds) { return 100.0 * seconds / facts.wall_seconds; };
  switch (bottleneck) {
    case Bottleneck::compute:
      return fmt::format("compute: the threads computed for {:.0f} % of the time", percent(phases.compute.mean));
    case Bottleneck::inflate:
      return fmt::format("decompression on the computing threads: {:.0f} % of the time, and {:.0f} % computing",
                         percent(phases.inflate.mean), percent(phases.compute.mean));
    case Bottleneck::disk:
      return fmt::format("disk: reading took {:.0f} % of the time, {:.0f} % of that waiting", percent(phases.read.max),
                         100.0 * (1.0 - facts.reader_cpu_share));
    case Bottleneck::reader:
      return fmt::format("reading: copying or converting rows took {:.0f} % of the time", percent(phases.read.max));
    case Bottleneck::decompression:
      return fmt::format("decompression on the reader: {:.0f} % of the time", percent(phases.read.max));
    case Bottleneck::network:
      return fmt::format("network: shards were on their way for {:.0f} % of the time, ranks waited for {:.0f} %",
                         percent(phases.send.max), percent(phases.wait.mean));
    case Bottleneck::imbalance:
      break;
  }
  return fmt::format(
      "imbalance: ranks waited for {:.0f} to {:.0f} % of the time, for the first shards or the last ones",
      percent(phases.wait.min), percent(phases.wait.max));
}

std::string what_would_help(Bottleneck bottleneck, const BottleneckFacts& facts) {
  const std::string each = facts.ranks_read || facts.ranks == 1 ? "" : ", or --reader each on a shared file system";
  switch (bottleneck) {
    case Bottleneck::compute:
      return "more threads, ranks or nodes";
    case Bottleneck::inflate:
      return "more threads, ranks or nodes, or weaker compression";
    case Bottleneck::disk:
      return "a faster file system, or rows in a smaller type or compressed" + each;
    case Bottleneck::reader:
      return "rows in a smaller type, or one that needs no conversion" + each;
    case Bottleneck::decompression:
      return "smaller chunks with deflate, which the computing threads inflate" + each;
    case Bottleneck::network:
      return "rows in a smaller type or compressed" + each;
    case Bottleneck::imbalance:
      break;
  }
  return "more rows or fewer ranks";
}

}  // namespace

std::string bottleneck_sentence(const BottleneckFacts& facts) {
  if (!(facts.wall_seconds >= shortest_telling_run)) return "nothing: the run was too short to tell";
  const Bottleneck bottleneck = find_bottleneck(facts);
  return what_took_the_time(bottleneck, facts) + "; " + what_would_help(bottleneck, facts) + " would help";
}

}  // namespace tally::pipeline

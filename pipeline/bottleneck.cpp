#include "pipeline/bottleneck.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace tally::pipeline {
namespace {

constexpr double shortest_telling_run = 0.1;  // seconds: below, threads and ranks have hardly come to work
constexpr double waiting = 0.2;               // of the wall time
constexpr double busy = 0.5;                  // of the wall time
constexpr double full = 0.8;                  // of the wall time
constexpr double on_processor = 0.5;          // of the time of reading

Bottleneck of_reader(const BottleneckFacts& facts) {
  if (facts.reader_cpu_share < on_processor) return Bottleneck::disk;
  return facts.reader_decodes ? Bottleneck::decompression : Bottleneck::reader;
}

/// Of threads that had rows nearly all the time.
Bottleneck of_threads(const BottleneckFacts& facts) {
  const io::PhaseSeconds& phases = facts.phases;
  const double compute = phases.compute.mean;
  const double inflate = phases.inflate.mean;
  const double reading = facts.wall_seconds - compute - inflate - phases.wait.mean;  // for themselves
  if (reading > std::max(compute, inflate) && reading <= 1.1 * phases.read.max) return of_reader(facts);
  return inflate > compute ? Bottleneck::inflate : Bottleneck::compute;
}

}  // namespace

Bottleneck find_bottleneck(const BottleneckFacts& facts) {
  const io::PhaseSeconds& phases = facts.phases;
  const double wall = facts.wall_seconds;
  const bool link_is_full = phases.send.max >= full * wall && phases.wait.max >= waiting * wall;
  if (link_is_full && phases.read.max < busy * wall && !facts.small_shards) return Bottleneck::network;
  if (phases.wait.mean < waiting * wall) return of_threads(facts);
  if (facts.small_shards) return Bottleneck::memory;
  if (phases.read.max >= busy * wall) return of_reader(facts);
  if (phases.send.max >= busy * wall) return Bottleneck::network;
  return facts.ranks > 1 ? Bottleneck::imbalance : of_reader(facts);
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
    case Bottleneck::memory:
      return fmt::format("memory: shards of a few rows, threads waited for {:.0f} % of the time",
                         percent(phases.wait.mean));
    case Bottleneck::imbalance:
      break;
  }
  return fmt::format("imbalance: ranks waited for {:.0f} to {:.0f} % of the time, for shards or for each other",
                     percent(phases.wait.min), percent(phases.wait.max));
}

std::string what_would_help(Bottleneck bottleneck, const BottleneckFacts& facts) {
  const std::string each = facts.ranks_read || facts.ranks == 1 ? "" : ", or --reader each on a shared file system";
  const std::string more = facts.shared_cpus ? "more processors, or nodes" : "more threads, ranks or nodes";
  switch (bottleneck) {
    case Bottleneck::compute:
      return more;
    case Bottleneck::inflate:
      return more + ", or weaker compression";
    case Bottleneck::disk:
      return "a faster file system, or rows in a smaller type or compressed" + each;
    case Bottleneck::reader:
      return "rows in a smaller type, or one that needs no conversion" + each;
    case Bottleneck::decompression:
      return "smaller chunks with deflate, which the computing threads inflate" + each;
    case Bottleneck::network:
      return "rows in a smaller type or compressed" + each;
    case Bottleneck::memory:
      return "a larger --buffer-memory";
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

#include "pipeline/bottleneck.hpp"

#include <fmt/format.h>

namespace tally::pipeline {
namespace {

constexpr double shortest_telling_run = 0.1;  // seconds: below, threads and ranks have hardly come to work
constexpr double computing = 0.9;     // of the wall time
constexpr double busy = 0.75;         // of the wall time
constexpr double on_processor = 0.7;  // of the time of reading

double percent(double seconds, const BottleneckFacts& facts) { return 100.0 * seconds / facts.wall_seconds; }

}  // namespace

Bottleneck find_bottleneck(const BottleneckFacts& facts) {
  const io::PhaseSeconds& phases = facts.phases;
  const double wall = facts.wall_seconds;
  if (phases.compute.mean + phases.inflate.mean >= computing * wall) {
    return phases.inflate.mean > phases.compute.mean ? Bottleneck::inflate : Bottleneck::compute;
  }
  if (phases.read.max >= busy * wall) {
    if (facts.reader_cpu_share < on_processor) return Bottleneck::disk;
    return facts.reader_decodes ? Bottleneck::decompression : Bottleneck::reader;
  }
  if (phases.send.max >= busy * wall) return Bottleneck::network;
  if (facts.ranks > 1) return Bottleneck::imbalance;
  return phases.inflate.mean > phases.compute.mean ? Bottleneck::inflate : Bottleneck::compute;
}

std::string bottleneck_sentence(const BottleneckFacts& facts) {
  const io::PhaseSeconds& phases = facts.phases;
  if (!(facts.wall_seconds >= shortest_telling_run)) return "nothing: the run was too short to tell";
  const char* const each = facts.ranks_read ? "" : ", or --reader each where ranks share a file system";
  switch (find_bottleneck(facts)) {
    case Bottleneck::compute:
      return fmt::format(
          "compute: the threads computed for {:.0f} % of the time; more threads, ranks or nodes would help",
          percent(phases.compute.mean, facts));
    case Bottleneck::inflate:
      return fmt::format(
          "decompression on the computing threads: {:.0f} % of the time, and {:.0f} % computing; more threads, ranks "
          "or "
          "nodes would help, or weaker compression",
          percent(phases.inflate.mean, facts), percent(phases.compute.mean, facts));
    case Bottleneck::disk:
      return fmt::format(
          "disk: reading took {:.0f} % of the time, {:.0f} % of that waiting; a faster file system would help, or rows "
          "in "
          "a smaller type or compressed{}",
          percent(phases.read.max, facts), 100.0 * (1.0 - facts.reader_cpu_share), each);
    case Bottleneck::reader:
      return fmt::format(
          "reading: the reader was busy for {:.0f} % of the time, copying or converting rows; rows in a smaller or "
          "native "
          "type would help{}",
          percent(phases.read.max, facts), each);
    case Bottleneck::decompression:
      return fmt::format(
          "decompression on the reader: {:.0f} % of the time; smaller chunks with deflate, which ranks inflate, would "
          "help{}",
          percent(phases.read.max, facts), each);
    case Bottleneck::network:
      return fmt::format(
          "network: shards were on their way for {:.0f} % of the time, ranks waited for {:.0f} %; rows in a smaller "
          "type "
          "or compressed would help{}",
          percent(phases.send.max, facts), percent(phases.wait.mean, facts), each);
    case Bottleneck::imbalance:
      break;
  }
  return fmt::format(
      "imbalance: ranks waited for {:.0f} to {:.0f} % of the time, most of it for the first shards and the last ones; "
      "more rows or fewer ranks would help",
      percent(phases.wait.min, facts), percent(phases.wait.max, facts));
}

}  // namespace tally::pipeline

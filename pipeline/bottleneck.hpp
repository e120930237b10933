// What held a run up, in a sentence. Pure; local.
#pragma once

#include <string>

#include "io/report.hpp"

namespace tally::pipeline {

enum class Bottleneck { compute, inflate, disk, reader, decompression, network, imbalance };

/// What the judgement rests on.
struct BottleneckFacts {
  io::PhaseSeconds phases;
  double wall_seconds = 0.0;
  double reader_cpu_share = 0.0;  // of the time spent reading
  bool reader_decodes = false;    // rows are compressed, and the reader inflates them
  bool ranks_read = false;        // --reader each
  int ranks = 1;
};

/// In this order: threads that computed for nine tenths of the time (or inflated more than they computed); a reader
/// that was busy for three quarters of it, with its processor or with the disk; shards on their way to other ranks for
/// three quarters of it; else ranks that waited for each other, or for the first rows.
Bottleneck find_bottleneck(const BottleneckFacts& facts);

/// The bottleneck, the share of time that shows it, and what would help.
std::string bottleneck_sentence(const BottleneckFacts& facts);

}  // namespace tally::pipeline

// What held a run up, in a sentence. Pure; local.
#pragma once

#include <string>

#include "io/report.hpp"

namespace tally::pipeline {

enum class Bottleneck { compute, inflate, disk, reader, decompression, network, memory, imbalance };

/// What the judgement rests on.
struct BottleneckFacts {
  io::PhaseSeconds phases;
  double wall_seconds = 0.0;
  double reader_cpu_share = 0.0;  // of the time spent reading
  bool reader_decodes = false;    // inputs or labels are compressed, and the reader inflates them
  bool ranks_read = false;        // --reader each
  bool small_shards = false;      // the memory for rows holds fewer than the threads need
  bool shared_cpus = false;       // more threads than processors
  int ranks = 1;
};

/// Shards that were on their way for four fifths of the time, while the threads of some rank waited for a fifth of it:
/// the network, though the root's own threads never wait for it. Else, threads that waited for less than a fifth of the
/// time were held up by what they did most: computing, inflating, or reading for themselves. Others waited: for a
/// reader that was busy for half of the time, with its processor or with the disk; for shards that were on their way
/// for half of it; for shards that are too small; or, several ranks, for each other.
Bottleneck find_bottleneck(const BottleneckFacts& facts);

/// The bottleneck, the share of time that shows it, and what would help.
std::string bottleneck_sentence(const BottleneckFacts& facts);

}  // namespace tally::pipeline

// How the memory of a rank is shared out among the buffers of shards. Pure arithmetic; local.
#pragma once

#include "pipeline/shard_plan.hpp"

namespace tally::pipeline {

/// Where chunks travel as they are stored: what a rank needs to decode them. All 0 elsewhere.
struct BandBytes {
  Index rows = 0;     // of a band (a row of chunks)
  Index stored = 0;   // of a band, at most
  Index decoded = 0;  // of a band
  Index scratch = 0;  // of a thread that decodes

  /// Of a thread that decodes one.
  Index working() const { return decoded + scratch; }
};

struct MemoryRequest {
  Index limit = Index{128} << 20;  // --buffer-memory: for a rank
  Index reader = 0;                // what the reader holds beside the rows, in a rank that reads
  Index row = 1;                   // bytes of a row as it travels, with its labels and results
  bool results = false;            // a row has results that are kept until they are written
  BandBytes band;
  Index plain_row = 0;  // bytes of a row that computing threads of a rank that reads can read for themselves; else 0
};

struct MemoryPlan {
  Index shard_rows = 1;   // at most
  Index shard_bytes = 0;  // of a buffer for so many
  int root_shards = 2;    // buffers of the root, and of other ranks
  int rank_shards = 2;
  int bands = 0;         // decoded at a time, in every rank
  Index piece_rows = 0;  // that a computing thread reads for itself at a time; 0: it does not
  int pieces = 0;        // such buffers, of a rank that reads
  Index own_shards = 1;  // handed to such a rank together: they take no more memory than one with its rows
  Index root_bytes = 0;  // all of that, together with the reader's
};

/// Bytes that a payload of such a plan never exceeds, whole pages.
Index payload_room(const MemoryPlan& plan);

/// Sets the request's buffer_bytes, bytes_per_row and band_rows, and shares the memory out: at least two shards, where
/// chunks travel at least one decoded band, at most one for each thread and one more, in half of the limit; where
/// threads read for themselves, two pieces for each and one more, of tiles that fit into a core's cache with what is
/// computed from them, in a quarter of the limit or not at all; all else for shards, as many as are useful, but an
/// eighth of the limit at least. Where that does not fit, root_bytes exceeds the limit.
MemoryPlan plan_memory(const MemoryRequest& memory, ShardRequest& request);

/// Whether chunks should travel as they are stored: not where they are so small that their table would be a burden, nor
/// where a single one holds all rows, so that one rank would have to compute them all; nor where several chunks share
/// their rows and too few of such bands fit into the memory. `chunks`: of a band; `bands`: of the dataset.
bool chunks_should_travel(const MemoryRequest& memory, Index chunks, Index bands);

}  // namespace tally::pipeline

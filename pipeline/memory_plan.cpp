#include "pipeline/memory_plan.hpp"

#include <algorithm>

namespace tally::pipeline {
namespace {

constexpr Index least_chunk_bytes = 4096;
constexpr int least_shards = 2;
constexpr Index least_share = 8;
constexpr Index most_own_shards = 8;
constexpr Index read_piece_bytes = Index{512} << 10;

/// Returns the bytes taken.
Index plan_pieces(const MemoryRequest& memory, const ShardRequest& request, MemoryPlan& plan) {
  if (memory.plain_row == 0) return 0;
  const Index tiles = std::max<Index>(1, read_piece_bytes / memory.plain_row / request.tile_rows);
  const Index pieces = 2 * Index{request.threads} + 1;
  const Index bytes = pieces * tiles * request.tile_rows * memory.plain_row;
  if (bytes > memory.limit / 4) return 0;
  plan.piece_rows = tiles * request.tile_rows;
  plan.pieces = static_cast<int>(pieces);
  return bytes;
}

}  // namespace

Index payload_room(const MemoryPlan& plan) {
  constexpr Index page = 4096;
  constexpr Index padding = 64;  // behind the labels
  return (plan.shard_bytes + padding + page - 1) / page * page;
}

MemoryPlan plan_memory(const MemoryRequest& memory, ShardRequest& request) {
  MemoryPlan plan;
  const BandBytes& band = memory.band;
  const Index pieces = plan_pieces(memory, request, plan);
  // Where the reader needs more than all, shards of a row or two would save nothing and cost a message each.
  Index left = std::max(memory.limit / least_share, memory.limit - memory.reader - pieces);
  request.bytes_per_row = memory.row;
  request.band_rows = band.rows;
  if (band.rows > 0) {
    request.bytes_per_row += (band.stored + band.rows - 1) / band.rows;
    const Index least = least_shards * band.rows * request.bytes_per_row;
    const Index room = std::max<Index>(0, std::min(left / 2, left - least));
    plan.bands = static_cast<int>(std::clamp<Index>(room / band.working(), 1, Index{request.threads} + 1));
    left = std::max<Index>(0, left - plan.bands * band.working());
  }
  request.buffer_bytes = left;
  plan.shard_rows = rows_per_shard(request);
  plan.shard_bytes = plan.shard_rows * request.bytes_per_row;
  // Results of all of them would be waiting to be written.
  if (plan.pieces > 0 && !memory.results) {
    plan.own_shards =
        std::clamp<Index>(memory.row / std::max<Index>(1, memory.row - memory.plain_row), 1, most_own_shards);
  }
  plan.root_shards = static_cast<int>(std::clamp<Index>(left / plan.shard_bytes, least_shards,
                                                        std::max<Index>(least_shards, useful_buffers(request.ranks))));
  plan.root_bytes = memory.reader + pieces + plan.bands * band.working() + plan.root_shards * plan.shard_bytes;
  return plan;
}

bool chunks_should_travel(const MemoryRequest& memory, Index chunks, Index bands) {
  const BandBytes& band = memory.band;
  if (bands < 2 || band.decoded / chunks < least_chunk_bytes) return false;
  return chunks == 1 || 2 * (band.stored + band.working()) <= memory.limit;
}

}  // namespace tally::pipeline

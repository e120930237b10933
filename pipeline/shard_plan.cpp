#include "pipeline/shard_plan.hpp"

#include <algorithm>
#include <numeric>

namespace tally::pipeline {
namespace {

constexpr Index usual_shard_bytes = Index{4} << 20;
constexpr Index least_shard_bytes = Index{256} << 10;
constexpr Index most_shard_bytes = Index{64} << 20;
constexpr Index usual_flops_per_thread = 20'000'000'000;
constexpr Index most_flops_per_thread = 100'000'000'000;
constexpr Index shards_per_rank = 8;

Index ceil_divide(Index a, Index b) { return a / b + (a % b != 0 ? 1 : 0); }

/// How many rows of so much each, not more than `most` together; one at least.
Index rows_of(Index most, Index per_row) { return std::max<Index>(1, most / std::max<Index>(1, per_row)); }

/// Rows that give every thread a tile, or a chunk to inflate; a panel where that is too much work.
Index rows_for_threads(const ShardRequest& request) {
  const Index panels = Index{request.threads} * request.panel;
  const Index work = rows_of(request.threads * most_flops_per_thread, request.flops_per_row);
  return std::max(panels, std::min(Index{request.threads} * std::max(request.tile_rows, request.band_rows), work));
}

/// Rows for which there is memory.
Index rows_in_memory(const ShardRequest& request) {
  const Index half = rows_of(request.buffer_bytes / 2, request.bytes_per_row);
  if (request.by_the_shard) return half;
  const Index least_bytes = std::min(least_shard_bytes, request.buffer_bytes / 3);
  const Index each = std::max(request.buffer_bytes / useful_buffers(request.ranks), least_bytes);
  const Index usual = rows_of(std::min(most_shard_bytes, each), request.bytes_per_row);
  return std::max(usual, std::min(half, Index{request.threads} * request.panel));
}

/// Where so many rows, of whole batches, leave more than a hundredth of their panels empty, and there are several
/// shards: the next number of batches that leaves nothing empty.
Index filling_panels(const ShardRequest& request, Index batch, Index rows, Index most) {
  constexpr Index worth_it = 100;
  const Index panel = std::max<Index>(1, request.panel);
  const Index empty = ceil_divide(rows, panel) * panel - rows;
  if (rows >= request.rows.count || empty <= rows / worth_it) return rows;
  const Index filling = ceil_divide(rows, std::lcm(batch, panel)) * std::lcm(batch, panel);
  const Index work = rows_of(request.threads * most_flops_per_thread, request.flops_per_row);
  return filling <= std::min({2 * rows, most, work}) ? filling : rows;
}

}  // namespace

Index useful_buffers(int ranks) { return 2 * Index{ranks} + 2; }

Index rows_soon_done(const ShardRequest& request) {
  return rows_of(request.threads * usual_flops_per_thread, request.flops_per_row);
}

Index rows_per_shard(const ShardRequest& request) {
  const Index total = std::max<Index>(1, request.rows.count);
  Index most = std::min(rows_in_memory(request), total);
  if (request.by_the_shard) return most;
  if (request.ranks > 1) most = std::min(most, std::max<Index>(1, ceil_divide(total, shards_per_rank * request.ranks)));
  const Index least = std::min(rows_for_threads(request), most);
  const Index usual = std::min(rows_of(usual_shard_bytes, request.bytes_per_row),
                               rows_of(request.threads * usual_flops_per_thread, request.flops_per_row));
  const Index rows = std::clamp(usual, least, most);
  if (request.band_rows > 0) return std::max<Index>(1, rows / request.band_rows) * request.band_rows;
  const Index batch = std::clamp<Index>(request.batch_size, 1, total);
  if (batch <= rows) {
    Index batches = rows / batch * batch;
    if (batches < least && batches + batch <= most) batches += batch;
    return filling_panels(request, batch, batches, most);
  }
  const Index part = ceil_divide(batch, ceil_divide(batch, rows));
  const Index larger_part = ceil_divide(batch, batch / rows);
  return part >= least || larger_part > most ? part : larger_part;
}

ShardPlan::ShardPlan(const ShardRequest& request)
    : rows_(request.rows),
      batch_size_(std::clamp<Index>(request.batch_size, 1, std::max<Index>(1, request.rows.count))),
      band_rows_(request.band_rows),
      rows_per_shard_(rows_per_shard(request)) {
  if (request.by_the_shard) batch_size_ = 1;  // no boundary to keep to
}

std::optional<RowRange> ShardPlan::next() {
  if (position_ == rows_.count) return std::nullopt;
  Index end = position_ + rows_per_shard_;
  if (band_rows_ > 0) {
    end -= (rows_.first + position_) % band_rows_;
  } else if (rows_per_shard_ < batch_size_) {
    // Within a batch: parts that differ by at most one row, the larger ones first, the last one ending with the batch.
    const Index parts = ceil_divide(batch_size_, rows_per_shard_);
    const Index in_larger_parts = batch_size_ % parts * (batch_size_ / parts + 1);
    const bool larger = position_ % batch_size_ < in_larger_parts;
    end = position_ + batch_size_ / parts + (larger ? 1 : 0);
  }
  end = std::min(end, rows_.count);
  const RowRange shard{rows_.first + position_, end - position_};
  position_ = end;
  return shard;
}

Index ShardPlan::shards() const {
  if (band_rows_ > 0) {
    return rows_.empty() ? 0 : ceil_divide(rows_.first % band_rows_ + rows_.count, rows_per_shard_);
  }
  if (rows_per_shard_ >= batch_size_) return ceil_divide(rows_.count, rows_per_shard_);
  // As next() cuts them, without walking there: whole batches, then the parts that the last rows fill.
  const Index parts = ceil_divide(batch_size_, rows_per_shard_);
  const Index part = batch_size_ / parts;
  const Index in_larger_parts = batch_size_ % parts * (part + 1);
  const Index rest = rows_.count % batch_size_;
  const Index whole = rows_.count / batch_size_ * parts;
  if (rest <= in_larger_parts) return whole + ceil_divide(rest, part + 1);
  return whole + batch_size_ % parts + ceil_divide(rest - in_larger_parts, part);
}

}  // namespace tally::pipeline

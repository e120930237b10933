#include "pipeline/shard_plan.hpp"

#include <algorithm>

namespace tally::pipeline {
namespace {

constexpr Index largest_shard_bytes = Index{4} << 20;
constexpr Index largest_shard_flops = 20'000'000'000;
constexpr Index shards_per_rank = 8;

Index ceil_divide(Index a, Index b) { return a / b + (a % b != 0 ? 1 : 0); }

}  // namespace

Index rows_per_shard(const ShardRequest& request) {
  const Index total = request.rows.count;
  const Index buffers = Index{request.ranks - 1} * request.shards_in_flight + 1;
  const Index bytes = std::min(largest_shard_bytes, request.buffer_bytes / buffers);
  Index rows = std::max<Index>(1, bytes / std::max<Index>(1, request.bytes_per_row));
  rows = std::min(rows, std::max<Index>(1, largest_shard_flops / std::max<Index>(1, request.flops_per_row)));
  if (request.ranks > 1) rows = std::min(rows, ceil_divide(total, shards_per_rank * request.ranks));
  rows = std::clamp<Index>(rows, 1, std::max<Index>(1, total));
  const Index batch = std::clamp<Index>(request.batch_size, 1, std::max<Index>(1, total));
  if (batch <= rows) return rows / batch * batch;
  return ceil_divide(batch, ceil_divide(batch, rows));
}

ShardPlan::ShardPlan(const ShardRequest& request)
    : rows_(request.rows),
      batch_size_(std::clamp<Index>(request.batch_size, 1, std::max<Index>(1, request.rows.count))),
      rows_per_shard_(rows_per_shard(request)) {}

std::optional<RowRange> ShardPlan::next() {
  if (position_ == rows_.count) return std::nullopt;
  Index end = position_ + rows_per_shard_;
  if (rows_per_shard_ < batch_size_) {
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

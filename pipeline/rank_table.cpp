#include "pipeline/rank_table.hpp"

#include <algorithm>

namespace tally::pipeline {
namespace {

bool has_rows(const std::vector<HeldRows>& held) { return !held.empty(); }

}  // namespace

RankTable::RankTable(int ranks)
    : held_(static_cast<std::size_t>(ranks)), shards_given_(held_.size()), rows_given_(held_.size()) {}

void RankTable::give(int rank, const RowRange& rows, Shard* lent) {
  of(rank).push_back({rows, lent});
  ++shards_given_[static_cast<std::size_t>(rank)];
  rows_given_[static_cast<std::size_t>(rank)] += rows.count;
}

std::optional<HeldRows> RankTable::take_back(int rank, const RowRange& rows) {
  std::vector<HeldRows>& held = of(rank);
  const auto found = std::ranges::find(held, rows, &HeldRows::rows);
  if (found == held.end()) return std::nullopt;
  const HeldRows one = *found;
  held.erase(found);
  return one;
}

void RankTable::forget_one(int rank) {
  if (!of(rank).empty()) of(rank).pop_back();
}

bool RankTable::any_held() const { return std::ranges::any_of(held_, has_rows); }

bool RankTable::any_held_by_others() const { return std::any_of(held_.begin() + 1, held_.end(), has_rows); }

std::string RankTable::overdue() const {
  const auto first = std::find_if(held_.begin() + 1, held_.end(), has_rows);
  if (first == held_.end()) return {};
  const RowRange rows = first->front().rows;
  return "rank " + std::to_string(first - held_.begin()) + " does not return rows [" + std::to_string(rows.first) +
         ", " + std::to_string(rows.end()) + ")";
}

}  // namespace tally::pipeline

// Which rank has which rows, as the root sees it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "pipeline/row_range.hpp"
#include "pipeline/shard.hpp"

namespace tally::pipeline {

/// Rows that a rank was given and has not returned.
struct HeldRows {
  RowRange rows;
  Shard* lent = nullptr;  // that the rank reads in the root's memory
};

/// Local; ranks from 0, the root, on.
class RankTable {
 public:
  explicit RankTable(int ranks);

  int ranks() const { return static_cast<int>(held_.size()); }

  void give(int rank, const RowRange& rows, Shard* lent = nullptr);
  /// The rank is done with these rows. Nothing where it does not have them.
  std::optional<HeldRows> take_back(int rank, const RowRange& rows);
  /// The rank has answered to something, whatever it was.
  void forget_one(int rank);

  /// How many times it was given rows that it has not returned.
  std::size_t held_by(int rank) const { return of(rank).size(); }
  bool any_held() const;
  bool any_held_by_others() const;
  /// "rank 2 does not return rows [0, 100)", of the first other rank than the root that has any; else empty.
  std::string overdue() const;

  /// How often, and how many, each was given.
  const std::vector<Index>& shards_given() const { return shards_given_; }
  const std::vector<Index>& rows_given() const { return rows_given_; }

 private:
  std::vector<HeldRows>& of(int rank) { return held_[static_cast<std::size_t>(rank)]; }
  const std::vector<HeldRows>& of(int rank) const { return held_[static_cast<std::size_t>(rank)]; }

  std::vector<std::vector<HeldRows>> held_;
  std::vector<Index> shards_given_;
  std::vector<Index> rows_given_;
};

}  // namespace tally::pipeline

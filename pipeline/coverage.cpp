#include "pipeline/coverage.hpp"

#include <iterator>
#include <string>

namespace tally::pipeline {
namespace {

std::string text(Index first, Index end) { return "[" + std::to_string(first) + ", " + std::to_string(end) + ")"; }

}  // namespace

void Coverage::add(const RowRange& rows) {
  if (rows.empty()) return;
  auto after = ranges_.lower_bound(rows.first);
  if (after != ranges_.end() && after->first < rows.end()) {
    throw Error("rows " + text(rows.first, rows.end()) + " came back, but " + text(after->first, after->second) +
                " had come back already");
  }
  Index first = rows.first;
  Index end = rows.end();
  if (after != ranges_.begin()) {
    const auto before = std::prev(after);
    if (before->second > first) {
      throw Error("rows " + text(first, end) + " came back, but " + text(before->first, before->second) +
                  " had come back already");
    }
    if (before->second == first) {
      first = before->first;
      ranges_.erase(before);
    }
  }
  if (after != ranges_.end() && after->first == end) {
    end = after->second;
    ranges_.erase(after);
  }
  ranges_.emplace(first, end);
  total_ += rows.count;
}

bool Coverage::tiles(const RowRange& rows) const {
  if (rows.empty()) return ranges_.empty();
  return ranges_.size() == 1 && ranges_.begin()->first == rows.first && ranges_.begin()->second == rows.end();
}

}  // namespace tally::pipeline

// What a virtual dataset says about its parts.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "io/hdf5.hpp"

namespace tally::io {

/// Rows [first, first + count) of an array, each whole.
struct RowBlock {
  Index first = 0;
  Index count = 0;
  std::vector<Index> row_shape;
};

/// One part of a virtual dataset, as its file names it.
struct VirtualMapping {
  std::string file;    // "." for the file itself
  std::string object;  // absolute
  /// Elements it provides; nothing where its size is unlimited, as large as the source happens to be.
  std::optional<std::uint64_t> elements;
  /// One past the last element it takes from the source in each dimension; empty for all of it, or an unlimited part.
  std::vector<Index> source_end;
  /// Whether it takes the source as it is, of a shape that only the source knows.
  bool takes_all = false;
  /// Of the virtual dataset, and of the source; nothing where it is something else than consecutive whole rows.
  std::optional<RowBlock> rows;
  std::optional<RowBlock> source_rows;
};

/// How many elements of the dataset its parts cover, each counted once where parts overlap; nothing where a part is
/// unlimited. Error as for virtual_mappings.
std::optional<std::uint64_t> covered_elements(const hdf5::Dataset& dataset);

/// At most 100,000. Error for none, for numbered names (%b), and for what libhdf5 cannot read.
std::vector<VirtualMapping> virtual_mappings(const hdf5::Dataset& dataset);

}  // namespace tally::io

// Reading consecutive rows of a dataset.
#pragma once

#include "io/hdf5.hpp"

namespace tally::io {

/// Rows [first, first + count) of a dataset of this shape, row-major, as elements of `memory`; count >= 1. One
/// hyperslab. Error with libhdf5's words, file, dataset and rows.
void read_rows(const hdf5::Dataset& dataset, const std::vector<Index>& shape, Index first, Index count, hid_t memory,
               void* out);

/// Error unless 0 <= first, 0 <= count and first + count <= rows.
void check_rows(const hdf5::Place& place, Index rows, Index first, Index count);

}  // namespace tally::io

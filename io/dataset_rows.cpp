#include "io/dataset_rows.hpp"

namespace tally::io {
namespace {

/// libhdf5 converts types through memory that it takes, and fills with zeros, for every call: by default 2 MiB, which
/// cost more than the labels that were read.
constexpr std::size_t conversion_bytes = std::size_t{64} << 10;

std::string rows_text(Index first, Index count) {
  return "rows [" + std::to_string(first) + ", " + std::to_string(first + count) + ")";
}

}  // namespace

void check_rows(const hdf5::Place& place, Index rows, Index first, Index count) {
  if (first < 0 || count < 0 || count > rows || first > rows - count)
    place.fail(std::to_string(count) + " rows from row " + std::to_string(first) + " on, but there are " +
               std::to_string(rows));
}

void read_rows(const hdf5::Dataset& dataset, const std::vector<Index>& shape, Index first, Index count, hid_t memory,
               void* out) {
  const hdf5::Place& place = dataset.place();
  const std::string failure = rows_text(first, count) + " cannot be read";
  std::vector<hsize_t> start(shape.size(), 0);
  std::vector<hsize_t> extent(shape.begin(), shape.end());
  start[0] = static_cast<hsize_t>(first);
  extent[0] = static_cast<hsize_t>(count);
  const hdf5::Dataspace file_space(place.check(H5Dget_space(dataset.id()), failure.c_str()));
  place.check(H5Sselect_hyperslab(file_space.get(), H5S_SELECT_SET, start.data(), nullptr, extent.data(), nullptr),
              failure.c_str());
  const int rank = static_cast<int>(extent.size());
  const hdf5::Dataspace memory_space(place.check(H5Screate_simple(rank, extent.data(), nullptr), failure.c_str()));
  const hdf5::PropertyList transfer(place.check(H5Pcreate(H5P_DATASET_XFER), failure.c_str()));
  place.check(H5Pset_buffer(transfer.get(), conversion_bytes, nullptr, nullptr), failure.c_str());
  place.check(H5Dread(dataset.id(), memory, memory_space.get(), file_space.get(), transfer.get(), out),
              failure.c_str());
}

}  // namespace tally::io

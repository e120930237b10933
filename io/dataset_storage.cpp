#include "io/dataset_storage.hpp"

#include <algorithm>

#include "io/virtual_sources.hpp"

namespace tally::io {
namespace {

constexpr std::uint64_t largest_cache = std::uint64_t{256} << 20;

/// Error that names a filter which is not there; returns how slow the others may be.
std::uint64_t check_filters(const hdf5::Place& place, hid_t creation) {
  std::uint64_t slowness = 1;
  const int filters = H5Pget_nfilters(creation);
  for (int i = 0; i < filters; ++i) {
    unsigned flags = 0;
    std::size_t values = 0;
    char name[128] = {};
    const H5Z_filter_t filter =
        H5Pget_filter2(creation, static_cast<unsigned>(i), &flags, &values, nullptr, sizeof name - 1, name, nullptr);
    place.check(filter, "has no readable filters");
    unsigned ability = 0;
    const bool known = H5Zfilter_avail(filter) > 0 && H5Zget_filter_info(filter, &ability) >= 0;
    H5Eclear2(H5E_DEFAULT);
    if (!known || !(ability & H5Z_FILTER_CONFIG_DECODE_ENABLED))
      place.fail("is compressed with the filter \"" + std::string(name) + "\" (number " + std::to_string(filter) +
                 "), which is not installed here (HDF5_PLUGIN_PATH names the folder of plugins)");
    if (filter != H5Z_FILTER_DEFLATE && filter != H5Z_FILTER_SHUFFLE && filter != H5Z_FILTER_FLETCHER32) slowness = 8;
  }
  return slowness;
}

/// Bytes of all chunks that hold one row, decoded; `chunk_bytes` is one of them.
std::uint64_t chunk_row_bytes(const hdf5::Dataset& dataset, hid_t creation, std::uint64_t& chunk_bytes) {
  const std::vector<Index> shape = dataset.shape();
  hsize_t chunk[H5S_MAX_RANK] = {};
  const int rank = dataset.place().check(H5Pget_chunk(creation, H5S_MAX_RANK, chunk), "has no readable chunks");
  if (static_cast<std::size_t>(rank) != shape.size()) dataset.place().fail("damaged: chunks of another rank");
  std::vector<Index> extent(chunk, chunk + rank);
  const std::size_t element_bytes = H5Tget_size(dataset.type().get());
  chunk_bytes = hdf5::checked_bytes(dataset.place(), extent, element_bytes);
  if (chunk_bytes == 0) dataset.place().fail("damaged: an empty chunk");
  for (std::size_t i = 1; i < extent.size(); ++i) extent[i] *= (shape[i] + extent[i] - 1) / extent[i];
  return hdf5::checked_bytes(dataset.place(), extent, element_bytes);
}

}  // namespace

StoragePlan check_dataset_storage(const hdf5::Dataset& dataset) {
  const hdf5::Place& place = dataset.place();
  const hdf5::PropertyList creation = dataset.creation();
  const H5D_layout_t layout = place.check(H5Pget_layout(creation.get()), "has no readable layout");
  if (layout == H5D_VIRTUAL) return check_virtual_sources(dataset);

  StoragePlan plan;
  const std::size_t element_bytes = H5Tget_size(dataset.type().get());
  const std::uint64_t bytes = hdf5::checked_bytes(place, dataset.shape(), element_bytes);
  dataset.check_storage(bytes);
  if (bytes == 0 || layout != H5D_CHUNKED) return plan;
  plan.slowness = check_filters(place, creation.get());
  std::uint64_t chunk_bytes = 0;
  plan.extra_bytes = chunk_row_bytes(dataset, creation.get(), chunk_bytes);
  dataset.check_storage(chunk_bytes);
  if (H5Pget_nfilters(creation.get()) > 0)
    plan.chunk_cache_bytes = std::max(std::min(plan.extra_bytes + chunk_bytes, largest_cache), chunk_bytes);
  return plan;
}

}  // namespace tally::io

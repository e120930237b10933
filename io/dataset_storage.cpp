#include "io/dataset_storage.hpp"

#include <algorithm>

#include "io/virtual_sources.hpp"

namespace tally::io {
namespace {

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

/// `band_bytes`: all chunks that hold one row, decoded.
CachedChunks cached_chunks(const hdf5::Dataset& dataset, hid_t creation, std::uint64_t& band_bytes) {
  const hdf5::Place& place = dataset.place();
  const std::vector<Index> shape = dataset.shape();
  hsize_t extent[H5S_MAX_RANK] = {};
  const int rank = place.check(H5Pget_chunk(creation, H5S_MAX_RANK, extent), "has no readable chunks");
  if (static_cast<std::size_t>(rank) != shape.size()) place.fail("damaged: chunks of another rank");
  const std::vector<Index> chunk(extent, extent + rank);
  const std::size_t element_bytes = H5Tget_size(dataset.type().get());
  CachedChunks chunks;
  chunks.rows = chunk[0];
  chunks.chunk_bytes = hdf5::checked_bytes(place, chunk, element_bytes);
  if (chunks.chunk_bytes == 0) place.fail("damaged: an empty chunk");
  for (std::size_t i = 1; i < chunk.size(); ++i) chunks.chunk_counts.push_back((shape[i] - 1) / chunk[i] + 1);
  band_bytes = hdf5::checked_bytes(place, chunks.chunk_counts, chunks.chunk_bytes);
  const std::vector<Index> bands{(shape[0] - 1) / chunk[0] + 1};
  chunks.decoded_bytes = hdf5::checked_bytes(place, bands, band_bytes);
  chunks.filtered = H5Pget_nfilters(creation) > 0;
  chunks.whole_rows = std::equal(chunk.begin() + 1, chunk.end(), shape.begin() + 1);
  return chunks;
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
  std::uint64_t band_bytes = 0;
  const CachedChunks chunks = cached_chunks(dataset, creation.get(), band_bytes);
  dataset.check_storage(chunks.chunk_bytes);
  plan.chunks.push_back(chunks);
  plan.leaves_gaps = !fills_unwritten(dataset);
  // The rows asked for may begin and end within a band.
  plan.extra_bytes = 2 * band_bytes;
  plan.slowness *= 1 + chunk_allowance / chunks.chunk_bytes;
  return plan;
}

std::uint64_t expected_bytes(const StoragePlan& plan, std::uint64_t bytes) {
  constexpr std::uint64_t most = std::uint64_t{1} << 48;  // years; no product of it overflows
  return std::min(bytes, most) * plan.slowness + std::min(plan.extra_bytes, most) * plan.slowness;
}

bool fills_unwritten(const hdf5::Dataset& dataset) {
  const hdf5::PropertyList creation = dataset.creation();
  H5D_fill_time_t time = H5D_FILL_TIME_ERROR;
  H5D_fill_value_t defined = H5D_FILL_VALUE_ERROR;
  dataset.place().check(H5Pget_fill_time(creation.get(), &time), "has no readable fill value");
  dataset.place().check(H5Pfill_value_defined(creation.get(), &defined), "has no readable fill value");
  return time != H5D_FILL_TIME_NEVER && defined != H5D_FILL_VALUE_UNDEFINED;
}

}  // namespace tally::io

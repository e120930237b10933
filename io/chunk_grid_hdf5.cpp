#include "io/chunk_grid_hdf5.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "io/dataset_storage.hpp"
#include "io/raw_rows.hpp"

namespace tally::io {
namespace {

/// Nothing where one of them is another filter, or deflate is not there exactly once, or shuffles other elements.
std::optional<std::vector<ChunkFilter>> chunk_filters(const hdf5::Dataset& dataset, hid_t creation,
                                                      std::size_t element_bytes) {
  std::vector<ChunkFilter> filters;
  const int count = dataset.place().check(H5Pget_nfilters(creation), "has no readable filters");
  for (int i = 0; i < count; ++i) {
    unsigned flags = 0;
    unsigned values[1] = {};
    std::size_t value_count = 1;
    const H5Z_filter_t filter =
        H5Pget_filter2(creation, static_cast<unsigned>(i), &flags, &value_count, values, 0, nullptr, nullptr);
    switch (dataset.place().check(filter, "has no readable filters")) {
      case H5Z_FILTER_DEFLATE:
        filters.push_back(ChunkFilter::deflate);
        break;
      case H5Z_FILTER_SHUFFLE:
        if (value_count != 1 || values[0] != element_bytes) return std::nullopt;
        filters.push_back(ChunkFilter::shuffle);
        break;
      case H5Z_FILTER_FLETCHER32:
        filters.push_back(ChunkFilter::fletcher32);
        break;
      default:
        return std::nullopt;
    }
  }
  if (std::count(filters.begin(), filters.end(), ChunkFilter::deflate) != 1) return std::nullopt;
  return filters;
}

/// Of one element, as libhdf5 gives it for chunks that were never written. Zeros where no fill value was to be written:
/// libhdf5 then leaves memory as it was.
std::vector<std::byte> fill_value(const hdf5::Dataset& dataset, hid_t creation, const StoredElement& element) {
  const hdf5::Place& place = dataset.place();
  std::vector<std::byte> value(H5Tget_size(element.memory.get()), std::byte{0});
  if (fills_unwritten(dataset)) {
    place.check(H5Pget_fill_value(creation, element.memory.get(), value.data()), "has no readable fill value");
  }
  return value;
}

extern "C" herr_t find_not_allocated(unsigned, const H5E_error2_t* error, void* found) {
  // Walking down, the innermost error comes last. Its number ("cannot get value") says nothing, its words do;
  // the second ones where H5Dread has put such a chunk, full of the fill value, into the cache.
  const std::string_view text = error->desc ? error->desc : "";
  *static_cast<bool*>(found) = text == "chunk storage is not allocated" || text == "chunk address isn't defined";
  return 0;
}

/// 0 for a chunk that the file does not hold: to libhdf5 1.10 that is an error. H5Dget_chunk_info_by_coord, which has a
/// word for it, would look at every chunk of the dataset.
std::uint64_t stored_bytes(const hdf5::Dataset& dataset, const std::vector<hsize_t>& offset,
                           const std::string& failure) {
  hsize_t stored = 0;
  if (H5Dget_chunk_storage_size(dataset.id(), offset.data(), &stored) >= 0) return stored;
  bool not_allocated = false;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, find_not_allocated, &not_allocated);
  if (!not_allocated) dataset.place().fail_hdf5(failure);
  H5Eclear2(H5E_DEFAULT);
  return 0;
}

}  // namespace

std::optional<ChunkGrid> chunk_grid(const hdf5::Dataset& dataset, const StoredElement& element) {
  const hdf5::Place& place = dataset.place();
  const hdf5::PropertyList creation = dataset.creation();
  if (H5Pget_layout(creation.get()) != H5D_CHUNKED) return std::nullopt;
  if (H5Tequal(dataset.type().get(), element.memory.get()) <= 0) return std::nullopt;
  ChunkGrid grid;
  grid.place = place.file + ": " + place.object;
  grid.element_bytes = H5Tget_size(element.memory.get());
  auto filters = chunk_filters(dataset, creation.get(), grid.element_bytes);
  if (!filters) return std::nullopt;
  grid.filters = std::move(*filters);
  const std::vector<Index> shape = dataset.shape();
  grid.rows = shape[0];
  grid.row_shape.assign(shape.begin() + 1, shape.end());
  hsize_t chunk[H5S_MAX_RANK] = {};
  const int rank = place.check(H5Pget_chunk(creation.get(), H5S_MAX_RANK, chunk), "has no readable chunks");
  grid.chunk_shape.assign(chunk, chunk + rank);
  unsigned options = 0;
  place.check(H5Pget_chunk_opts(creation.get(), &options), "has no readable chunks");
  grid.unfiltered_edges = (options & H5D_CHUNK_DONT_FILTER_PARTIAL_CHUNKS) != 0;
  grid.fill_value = fill_value(dataset, creation.get(), element);
  grid.check();
  return grid;
}

RawBytes read_raw_rows(const hdf5::Dataset& dataset, const ChunkGrid& grid, BandRange bands, std::span<std::byte> out) {
  RawRowsWriter writer(grid, bands, out);
  RawBytes bytes;
  const Index chunks = grid.chunks_per_band();
  std::vector<hsize_t> offset(grid.chunk_shape.size());
  for (Index band = bands.first; band < bands.first + bands.count; ++band) {
    const Index row = band * grid.rows_per_band();
    offset[0] = static_cast<hsize_t>(row);
    const std::string failure = "the chunk at row " + std::to_string(row) + " cannot be read";
    for (Index chunk = 0; chunk < chunks; ++chunk) {
      const std::vector<Index> columns = grid.columns_of(chunk);
      std::copy(columns.begin(), columns.end(), offset.begin() + 1);
      const std::uint64_t stored = stored_bytes(dataset, offset, failure);
      if (stored == 0) {
        writer.add_absent();
        continue;
      }
      const std::span<std::byte> room = writer.room(stored);
      std::uint32_t filter_mask = 0;
      dataset.place().check(H5Dread_chunk(dataset.id(), H5P_DEFAULT, offset.data(), &filter_mask, room.data()),
                            failure.c_str());
      writer.add(stored, filter_mask);
      bytes.stored += stored;
    }
  }
  writer.finish();
  bytes.used = writer.bytes();
  return bytes;
}

}  // namespace tally::io

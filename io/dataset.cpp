// DatasetReader: opening a pair of datasets, checking it, and reading its rows.
#include "io/dataset.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "io/chunk_grid_hdf5.hpp"
#include "io/dataset_labels.hpp"
#include "io/dataset_list.hpp"
#include "io/dataset_names.hpp"
#include "io/dataset_rows.hpp"
#include "io/dataset_storage.hpp"
#include "io/file_length.hpp"
#include "io/hdf5.hpp"
#include "io/hdf5_section.hpp"
#include "io/plain_rows_hdf5.hpp"
#include "io/raw_rows.hpp"
#include "io/stored_type_hdf5.hpp"

namespace tally::io {
namespace {

/// What the attribute `name` says, else `otherwise`.
double attribute_or(const hdf5::Dataset& inputs, const char* name, double otherwise) {
  if (!inputs.has_attribute(name)) return otherwise;
  const double value = inputs.read_number(name);
  if (!std::isfinite(value))
    hdf5::Place{inputs.place().file, inputs.place().object + ": attribute " + name}.fail("is not a finite number");
  return value;
}

/// The shape of the inputs, as long as it can mean rows.
std::vector<Index> input_shape(const hdf5::Dataset& inputs) {
  std::vector<Index> shape = inputs.shape();
  if (shape.empty()) inputs.place().fail("is a single value; the first dimension should be the row");
  if (shape[0] == 0) inputs.place().fail("has no rows: its shape is " + shape_text(shape));
  if (std::find(shape.begin(), shape.end(), Index{0}) != shape.end())
    inputs.place().fail("has rows without values: its shape is " + shape_text(shape));
  return shape;
}

DatasetInfo describe_inputs(const DatasetRequest& request, const hdf5::Dataset& inputs, const StoredElement& element) {
  DatasetInfo info;
  info.file = request.file;
  info.inputs_path = inputs.place().object;
  const std::vector<Index> shape = input_shape(inputs);
  info.rows = shape[0];
  info.row_shape.assign(shape.begin() + 1, shape.end());
  info.inputs = static_cast<Index>(hdf5::checked_bytes(inputs.place(), info.row_shape, 1));
  info.type = element.type;
  info.dtype = element.dtype;
  info.layout = inputs.layout();
  info.scale = request.scale ? *request.scale : attribute_or(inputs, "scale", 1.0);
  info.offset = request.offset ? *request.offset : attribute_or(inputs, "offset", 0.0);
  return info;
}

StoragePlan check_storage(const hdf5::Dataset& dataset) {
  stored_element(dataset.place(), dataset.type());  // a clear word about text, before words about storage
  input_shape(dataset);
  return check_dataset_storage(dataset);
}

/// Nothing, which is libhdf5's own choice, where there are no chunks.
std::optional<ChunkCache> chunk_cache(const StoragePlan& plan, std::uint64_t limit) {
  if (plan.chunks.empty()) return std::nullopt;
  return plan_chunk_cache(plan.chunks, limit);
}

/// The lengths of all files a dataset is read from.
std::vector<FileLength> lengths_of(const FileLength& own, const StoragePlan& plan) {
  std::vector<FileLength> lengths{own};
  for (const std::string& file : plan.files) lengths.emplace_back(file);
  return lengths;
}

const ChunkGrid& raw_grid(const std::optional<ChunkGrid>& chunks, const hdf5::Place& place) {
  if (!chunks) place.fail("cannot be read in raw chunks");
  return *chunks;
}

void check_lengths(const std::vector<FileLength>& files) {
  for (const FileLength& file : files) file.check();
}

}  // namespace

struct DatasetReader::State {
  DatasetInfo info;
  StoragePlan inputs_plan;
  StoragePlan labels_plan;
  std::vector<FileLength> inputs_files;
  std::vector<FileLength> labels_files;
  std::optional<ChunkGrid> chunks;
  std::unique_ptr<PlainRows> plain;
  std::optional<ChunkCache> inputs_cache;
  std::optional<ChunkCache> labels_cache;
  std::uint64_t row_bytes = 0;
  std::uint64_t label_bytes = 0;
  std::uint64_t bytes_read = 0;
  struct Open {
    hdf5::Group root;  // keeps the file open
    hdf5::Dataset inputs;
    std::vector<Index> shape;
    StoredElement element;
    LabelReader labels;
  };
  std::optional<Open> open;
  bool caches_grow = false;        // with every source of a virtual dataset
  std::uint64_t most_cached = 0;   // bytes after which it is opened anew
  std::uint64_t cached_bytes = 0;  // at most, since the datasets were opened

  void plan_caches(std::uint64_t limit);
  void open_datasets(hdf5::Group root);
  const Open& open_for(std::uint64_t bytes);

  /// Handles are closed inside a section, as everything else is.
  ~State() {
    const Hdf5Section section(info.file);
    open.reset();
  }
};

/// Labels first: they are small, and read for every row.
void DatasetReader::State::plan_caches(std::uint64_t limit) {
  labels_cache = chunk_cache(labels_plan, limit);
  const ChunkCache labels = labels_cache.value_or(ChunkCache{});
  inputs_cache = chunk_cache(inputs_plan, limit - std::min(limit, labels.held_bytes));
  const ChunkCache inputs = inputs_cache.value_or(ChunkCache{});
  std::uint64_t held = inputs.held_bytes + labels.held_bytes;
  caches_grow = held > limit && inputs_plan.chunks.size() + labels_plan.chunks.size() > 2;
  most_cached = std::max(limit, inputs.bytes + labels.bytes);
  if (caches_grow) held = std::min(held, most_cached + inputs.bytes + labels.bytes);
  info.whole_bands = inputs.whole_bands && labels.whole_bands;
  const auto filtered = [](const CachedChunks& one) { return one.filtered; };
  info.compressed =
      std::ranges::any_of(inputs_plan.chunks, filtered) || std::ranges::any_of(labels_plan.chunks, filtered);
  info.label_cache_bytes = labels.held_bytes + labels.decoding_bytes;
  info.cache_bytes = held + std::max(inputs.decoding_bytes, labels.decoding_bytes);
}

void DatasetReader::State::open_datasets(hdf5::Group root) {
  hdf5::Dataset inputs = root.open_dataset(info.inputs_path, inputs_cache);
  LabelReader labels(root.open_dataset(info.labels_path, labels_cache));
  StoredElement element = stored_element(inputs.place(), inputs.type());
  std::vector<Index> shape = inputs.shape();
  open.emplace(Open{std::move(root), std::move(inputs), std::move(shape), std::move(element), std::move(labels)});
}

/// The datasets, to read so many bytes of them. libhdf5 keeps the sources of a virtual dataset open, with their caches,
/// as long as the dataset is; so it is closed, and opened anew, before they hold too much.
const DatasetReader::State::Open& DatasetReader::State::open_for(std::uint64_t bytes) {
  if (!open || (caches_grow && cached_bytes > 0 && cached_bytes + bytes > most_cached)) {
    open.reset();
    open_datasets(hdf5::File::open(info.file).root());
    cached_bytes = 0;
  }
  cached_bytes += bytes;
  return *open;
}

DatasetReader::DatasetReader(const DatasetRequest& request) : state_(std::make_unique<State>()) {
  State& state = *state_;
  state.info.file = request.file;
  const Hdf5Section section(request.file);
  hdf5::Group root = hdf5::File::open(request.file).root();
  const FileLength length(request.file);
  const DatasetNames names = find_datasets(root, request);
  if (names.inputs == names.labels)
    root.open_dataset(names.inputs).place().fail("cannot be both the inputs and the labels");

  {
    const hdf5::Dataset inputs = root.open_dataset(names.inputs);
    state.inputs_plan = check_storage(inputs);
    state.info = describe_inputs(request, inputs, stored_element(inputs.place(), inputs.type()));
    state.info.labels_path = names.labels;
    state.labels_plan = check_storage(root.open_dataset(names.labels));
  }
  state.inputs_files = lengths_of(length, state.inputs_plan);
  state.labels_files = lengths_of(length, state.labels_plan);
  state.plan_caches(request.cache_limit);
  state.open_datasets(std::move(root));
  const auto& [top, inputs, shape, element, labels] = *state.open;
  if (labels.rows() != state.info.rows)
    inputs.place().fail("has the shape " + shape_text(shape) + ", but " + names.labels + " has " +
                        shape_text(labels.shape()) + ": their first dimensions (rows) differ");
  state.info.one_hot_classes = labels.one_hot_classes();
  state.label_bytes = labels.row_bytes();
  state.row_bytes = hdf5::checked_bytes(inputs.place(), state.info.row_shape, size_of(element.type));
  // Readers may decode into a larger standard type than is stored: that product, too, must not overflow.
  hdf5::checked_bytes(inputs.place(), shape, size_of(element.type));
  state.chunks = chunk_grid(inputs, element);
  state.plain = plain_rows(inputs, element, state.inputs_plan, shape);
  state.inputs_plan.source_rows = {};
  state.inputs_plan.sources = {};
  if (state.info.layout.starts_with("chunked")) {
    state.info.chunk_rows = state.inputs_plan.chunks[0].rows;
    state.info.chunk_bytes = state.inputs_plan.chunks[0].chunk_bytes;
  }
}

DatasetReader::~DatasetReader() = default;
DatasetReader::DatasetReader(DatasetReader&&) noexcept = default;
DatasetReader& DatasetReader::operator=(DatasetReader&&) noexcept = default;

const DatasetInfo& DatasetReader::info() const { return state_->info; }

void DatasetReader::read_inputs(Index first, Index count, std::span<std::byte> out) const {
  State& state = *state_;
  const hdf5::Place place{state.info.file, state.info.inputs_path};
  check_rows(place, state.info.rows, first, count);
  const std::uint64_t bytes = static_cast<std::uint64_t>(count) * state.row_bytes;
  if (out.size() != bytes)
    place.fail(std::to_string(count) + " rows are " + std::to_string(bytes) + " bytes, but there is room for " +
               std::to_string(out.size()));
  if (count == 0) return;
  const Hdf5Section section(state.info.file, expected_bytes(state.inputs_plan, bytes));
  const State::Open& open = state.open_for(bytes);
  // Where libhdf5 fills in nothing for what was never written, it would be what `out` held before.
  if (state.inputs_plan.leaves_gaps) std::fill(out.begin(), out.end(), std::byte{0});
  read_rows(open.inputs, open.shape, first, count, open.element.memory.get(), out.data());
  check_lengths(state.inputs_files);
  state.bytes_read += bytes;
}

const PlainRows* DatasetReader::plain() const { return state_->plain.get(); }

const ChunkGrid* DatasetReader::chunks() const { return state_->chunks ? &*state_->chunks : nullptr; }

std::size_t DatasetReader::raw_bytes_bound(Index first, Index count) const {
  const ChunkGrid& grid = raw_grid(state_->chunks, {state_->info.file, state_->info.inputs_path});
  return most_raw_bytes(grid, grid.bands_of(first, count).count);
}

std::size_t DatasetReader::read_chunks(Index first, Index count, std::span<std::byte> out) const {
  State& state = *state_;
  const ChunkGrid& grid = raw_grid(state.chunks, {state.info.file, state.info.inputs_path});
  const BandRange bands = grid.bands_of(first, count);
  const auto chunks = static_cast<std::uint64_t>(bands.count) * static_cast<std::uint64_t>(grid.chunks_per_band());
  const Hdf5Section section(state.info.file, most_raw_bytes(grid, bands.count) + chunks * chunk_allowance);
  const RawBytes bytes = read_raw_rows(state.open_for(0).inputs, grid, bands, out);
  check_lengths(state.inputs_files);
  state.bytes_read += bytes.stored;
  return bytes.used;
}

void DatasetReader::read_labels(Index first, std::span<std::int64_t> labels) const {
  State& state = *state_;
  check_rows({state.info.file, state.info.labels_path}, state.info.rows, first, static_cast<Index>(labels.size()));
  if (labels.empty()) return;
  const std::uint64_t bytes = labels.size() * state.label_bytes;
  const Hdf5Section section(state.info.file, expected_bytes(state.labels_plan, bytes));
  state.open_for(bytes).labels.read(first, labels);
  check_lengths(state.labels_files);
  state.bytes_read += bytes;
}

std::uint64_t DatasetReader::bytes_read() const {
  return state_->bytes_read + (state_->plain ? state_->plain->bytes_read() : 0);
}

}  // namespace tally::io

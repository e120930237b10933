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

/// Opens the inputs twice: once to check how they are stored, then with the chunk cache that asks for.
hdf5::Dataset open_checked(const hdf5::Group& root, const std::string& path, StoragePlan& plan) {
  {
    const hdf5::Dataset dataset = root.open_dataset(path);
    stored_element(dataset.place(), dataset.type());  // a clear word about text, before words about storage
    input_shape(dataset);
    plan = check_dataset_storage(dataset);
  }
  return root.open_dataset(path, plan.chunk_cache_bytes);
}

std::uint64_t expected_bytes(const StoragePlan& plan, std::uint64_t bytes) {
  return (bytes + plan.extra_bytes) * plan.slowness;
}

/// The lengths of all files a dataset is read from.
std::vector<FileLength> lengths_of(const FileLength& own, const StoragePlan& plan) {
  std::vector<FileLength> lengths{own};
  for (const std::string& file : plan.files) lengths.emplace_back(file);
  return lengths;
}

constexpr std::uint64_t chunk_allowance = 4096;  // bytes that take as long as finding a chunk in its index

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
  bool inputs_filled = true;
  std::unique_ptr<PlainRows> plain;
  std::uint64_t row_bytes = 0;
  std::uint64_t bytes_read = 0;
  struct Open {
    hdf5::Dataset inputs;
    std::vector<Index> shape;
    StoredElement element;
    LabelReader labels;
  };
  std::optional<Open> open;

  /// Handles are closed inside a section, as everything else is.
  ~State() {
    const Hdf5Section section(info.file);
    open.reset();
  }
};

DatasetReader::DatasetReader(const DatasetRequest& request) : state_(std::make_unique<State>()) {
  State& state = *state_;
  state.info.file = request.file;
  const Hdf5Section section(request.file);
  const hdf5::Group root = hdf5::File::open(request.file).root();
  const FileLength length(request.file);
  const DatasetNames names = find_datasets(root, request);
  if (names.inputs == names.labels)
    root.open_dataset(names.inputs).place().fail("cannot be both the inputs and the labels");

  hdf5::Dataset inputs = open_checked(root, names.inputs, state.inputs_plan);
  StoredElement element = stored_element(inputs.place(), inputs.type());
  state.info = describe_inputs(request, inputs, element);
  state.info.labels_path = names.labels;

  LabelReader labels(open_checked(root, names.labels, state.labels_plan));
  state.inputs_files = lengths_of(length, state.inputs_plan);
  state.labels_files = lengths_of(length, state.labels_plan);
  const std::vector<Index> shape = inputs.shape();
  if (labels.rows() != state.info.rows)
    inputs.place().fail("has the shape " + shape_text(shape) + ", but " + names.labels + " has " +
                        shape_text(labels.shape()) + ": their first dimensions (rows) differ");
  state.info.one_hot_classes = labels.one_hot_classes();
  state.row_bytes = hdf5::checked_bytes(inputs.place(), state.info.row_shape, size_of(element.type));
  // Readers may decode into a larger standard type than is stored: that product, too, must not overflow.
  hdf5::checked_bytes(inputs.place(), shape, size_of(element.type));
  state.chunks = chunk_grid(inputs, element);
  state.inputs_filled = !inputs.layout().starts_with("chunked") || fills_unwritten_chunks(inputs);
  state.plain = plain_rows(inputs, element, state.info.rows, state.row_bytes);
  state.open.emplace(State::Open{std::move(inputs), shape, std::move(element), std::move(labels)});
}

DatasetReader::~DatasetReader() = default;
DatasetReader::DatasetReader(DatasetReader&&) noexcept = default;
DatasetReader& DatasetReader::operator=(DatasetReader&&) noexcept = default;

const DatasetInfo& DatasetReader::info() const { return state_->info; }

void DatasetReader::read_inputs(Index first, Index count, std::span<std::byte> out) const {
  State& state = *state_;
  const State::Open& open = *state.open;
  const hdf5::Place& place = open.inputs.place();
  check_rows(place, state.info.rows, first, count);
  const std::uint64_t bytes = static_cast<std::uint64_t>(count) * state.row_bytes;
  if (out.size() != bytes)
    place.fail(std::to_string(count) + " rows are " + std::to_string(bytes) + " bytes, but there is room for " +
               std::to_string(out.size()));
  if (count == 0) return;
  const Hdf5Section section(state.info.file, expected_bytes(state.inputs_plan, bytes));
  // Where libhdf5 fills in nothing for what was never written, it would be what `out` held before.
  if (!state.inputs_filled) std::fill(out.begin(), out.end(), std::byte{0});
  read_rows(open.inputs, open.shape, first, count, open.element.memory.get(), out.data());
  check_lengths(state.inputs_files);
  state.bytes_read += bytes;
}

const PlainRows* DatasetReader::plain() const { return state_->plain.get(); }

const ChunkGrid* DatasetReader::chunks() const { return state_->chunks ? &*state_->chunks : nullptr; }

std::size_t DatasetReader::raw_bytes_bound(Index first, Index count) const {
  const ChunkGrid& grid = raw_grid(state_->chunks, state_->open->inputs.place());
  return most_raw_bytes(grid, grid.bands_of(first, count).count);
}

std::size_t DatasetReader::read_chunks(Index first, Index count, std::span<std::byte> out) const {
  State& state = *state_;
  const hdf5::Dataset& inputs = state.open->inputs;
  const ChunkGrid& grid = raw_grid(state.chunks, inputs.place());
  const BandRange bands = grid.bands_of(first, count);
  const auto chunks = static_cast<std::uint64_t>(bands.count) * static_cast<std::uint64_t>(grid.chunks_per_band());
  const Hdf5Section section(state.info.file, most_raw_bytes(grid, bands.count) + chunks * chunk_allowance);
  const RawBytes bytes = read_raw_rows(inputs, grid, bands, out);
  check_lengths(state.inputs_files);
  state.bytes_read += bytes.stored;
  return bytes.used;
}

void DatasetReader::read_labels(Index first, std::span<std::int64_t> labels) const {
  State& state = *state_;
  const LabelReader& reader = state.open->labels;
  check_rows({state.info.file, state.info.labels_path}, state.info.rows, first, static_cast<Index>(labels.size()));
  if (labels.empty()) return;
  const std::uint64_t bytes = labels.size() * reader.row_bytes();
  const Hdf5Section section(state.info.file, expected_bytes(state.labels_plan, bytes));
  reader.read(first, labels);
  check_lengths(state.labels_files);
  state.bytes_read += bytes;
}

std::uint64_t DatasetReader::bytes_read() const {
  return state_->bytes_read + (state_->plain ? state_->plain->bytes_read() : 0);
}

}  // namespace tally::io

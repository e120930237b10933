#include "io/predictions.hpp"

#include <fmt/format.h>

#include <array>
#include <numeric>
#include <optional>
#include <stdexcept>
#include <vector>

#include "io/atomic_file.hpp"
#include "io/hdf5.hpp"
#include "io/hdf5_section.hpp"

namespace tally::io {
namespace {

/// The open file. Its handles may only be touched, and closed, inside a section.
struct Datasets {
  hdf5::File file;
  hdf5::Dataset predicted;
  hdf5::Dataset confidence;
  hdf5::Dataset label;
  std::optional<hdf5::Dataset> row;
  std::optional<hdf5::Dataset> probabilities;
};

Datasets create_datasets(const std::string& path, const PredictionWriter::Shape& shape) {
  hdf5::File file = hdf5::File::create(path);
  const hdf5::Group root = file.root();
  const std::array rows{shape.rows};
  Datasets datasets{std::move(file),
                    root.create_dataset("predicted", H5T_STD_I32LE, rows),
                    root.create_dataset("confidence", H5T_IEEE_F32LE, rows),
                    root.create_dataset("label", H5T_STD_I64LE, rows),
                    std::nullopt,
                    std::nullopt};
  if (shape.row_numbers) datasets.row = root.create_dataset("row", H5T_STD_I64LE, rows);
  if (shape.probabilities) {
    const std::array all{shape.rows, shape.classes};
    datasets.probabilities = root.create_dataset("probabilities", H5T_IEEE_F32LE, all);
  }
  return datasets;
}

void check_rows(const PredictionWriter::Shape& shape, const PredictionRows& rows) {
  const std::size_t count = rows.predicted.size();
  const std::size_t probabilities = shape.probabilities ? count * static_cast<std::size_t>(shape.classes) : 0;
  if (rows.confidence.size() != count || rows.label.size() != count || rows.probabilities.size() != probabilities) {
    throw std::invalid_argument("PredictionWriter::write: the spans disagree about the number of rows");
  }
}

}  // namespace

struct PredictionWriter::State {
  AtomicFile output;
  Shape shape;
  std::optional<Datasets> datasets;
  Index written = 0;

  explicit State(const std::string& file) : output(file) {}
  ~State() {
    if (!datasets) return;
    const Hdf5Section section(output.target());
    datasets.reset();
  }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

PredictionWriter::PredictionWriter(const std::string& file) : state_(std::make_unique<State>(file)) {
  if (state_->output.path() == file) throw Error(fmt::format("{}: predictions need a regular file", file));
}

PredictionWriter::~PredictionWriter() = default;

void PredictionWriter::open(const Shape& shape) {
  state_->shape = shape;
  state_->shape.row_numbers = shape.row_numbers || shape.first_row != 0;
  const Hdf5Section section(state_->output.target());
  state_->output.as_target([&] { state_->datasets = create_datasets(state_->output.path(), state_->shape); });
}

void PredictionWriter::write(Index first, const PredictionRows& rows) {
  if (!state_->datasets) throw std::logic_error("PredictionWriter::write before open");
  check_rows(state_->shape, rows);
  const auto count = static_cast<Index>(rows.predicted.size());
  std::vector<std::int64_t> numbers;
  if (state_->shape.row_numbers) {
    numbers.resize(rows.predicted.size());
    std::iota(numbers.begin(), numbers.end(), state_->shape.first_row + first);
  }
  const Hdf5Section section(state_->output.target(), rows.probabilities.size_bytes() + 32 * rows.predicted.size());
  Datasets& datasets = *state_->datasets;
  state_->output.as_target([&] {
    datasets.predicted.write_rows(first, count, H5T_NATIVE_INT32, rows.predicted.data());
    datasets.confidence.write_rows(first, count, H5T_NATIVE_FLOAT, rows.confidence.data());
    datasets.label.write_rows(first, count, H5T_NATIVE_INT64, rows.label.data());
    if (datasets.row) datasets.row->write_rows(first, count, H5T_NATIVE_INT64, numbers.data());
    if (datasets.probabilities) {
      datasets.probabilities->write_rows(first, count, H5T_NATIVE_FLOAT, rows.probabilities.data());
    }
  });
  state_->written += count;
}

void PredictionWriter::commit() {
  if (!state_->datasets) throw std::logic_error("PredictionWriter::commit before open");
  if (state_->written != state_->shape.rows) {
    throw Error(
        fmt::format("{}: {} of {} rows were written", state_->output.target(), state_->written, state_->shape.rows));
  }
  {
    const Hdf5Section section(state_->output.target());
    // Every dataset's handle must go before the file can be closed with an answer.
    hdf5::File file = std::move(state_->datasets->file);
    state_->datasets.reset();
    state_->output.as_target([&] { file.close(); });
  }
  state_->output.commit();
}

}  // namespace tally::io

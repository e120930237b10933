#include "io/hdf5_weights.hpp"

#include <fmt/format.h>

#include <filesystem>

namespace tally::io {

Hdf5Weights::Hdf5Weights(const std::string& file) {
  std::error_code error;
  bytes_left_ = std::filesystem::file_size(file, error);
  if (error) throw Error(fmt::format("{}: {}", file, error.message()));
}

NamedArray Hdf5Weights::read(const hdf5::Group& group, const std::string& path) {
  const hdf5::Dataset dataset = group.open_dataset(path);
  std::vector<Index> shape = dataset.shape();
  if (shape.empty() || shape.size() > 3) {
    dataset.place().fail(fmt::format("has {} dimensions, not 1 to 3", shape.size()));
  }
  const std::uint64_t stored = dataset.storage_bytes();
  if (stored > bytes_left_) dataset.place().fail("the arrays take more bytes than the file has; some share their data");
  bytes_left_ -= stored;
  return {path, std::move(shape), dataset.read_floats()};
}

}  // namespace tally::io

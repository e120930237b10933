#include "io/idx.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "io/atomic_file.hpp"
#include "io/hdf5.hpp"
#include "io/hdf5_section.hpp"
#include "io/idx_reader.hpp"

namespace tally::io {
namespace {

/// The type as it is in memory (native) or in the file (little-endian).
struct Hdf5Types {
  hid_t memory;
  hid_t file;
};

/// H5T_... are calls into libhdf5: only inside a section. The six types of IDX.
Hdf5Types hdf5_types(StoredType type) {
  switch (type) {
    case StoredType::int8:
      return {H5T_NATIVE_INT8, H5T_STD_I8LE};
    case StoredType::int16:
      return {H5T_NATIVE_INT16, H5T_STD_I16LE};
    case StoredType::int32:
      return {H5T_NATIVE_INT32, H5T_STD_I32LE};
    case StoredType::float32:
      return {H5T_NATIVE_FLOAT, H5T_IEEE_F32LE};
    case StoredType::float64:
      return {H5T_NATIVE_DOUBLE, H5T_IEEE_F64LE};
    default:
      return {H5T_NATIVE_UINT8, H5T_STD_U8LE};
  }
}

std::uint64_t total_bytes(const IdxHeader& header) {
  return static_cast<std::uint64_t>(header.shape[0] * header.row_elements()) * size_of(header.type);
}

void check_pair(const std::string& images, const IdxHeader& inputs, const std::string& labels,
                const IdxHeader& targets) {
  const bool integers = targets.type != StoredType::float32 && targets.type != StoredType::float64;
  if (targets.shape.size() != 1 || !integers) {
    throw Error(fmt::format("{}: holds {} in {} dimensions; labels are integers in one dimension", labels,
                            name_of(targets.type), targets.shape.size()));
  }
  if (inputs.shape[0] != targets.shape[0]) {
    throw Error(
        fmt::format("{} holds {} rows, but {} holds {} labels", images, inputs.shape[0], labels, targets.shape[0]));
  }
}

/// Streams one file into a dataset, about 1 MiB at a time (one row, if that is more).
hdf5::Dataset copy_rows(IdxReader& reader, const hdf5::Group& root, const char* name) {
  const IdxHeader& header = reader.header();
  const Hdf5Types types = hdf5_types(header.type);
  hdf5::Dataset dataset = root.create_dataset(name, types.file, header.shape);
  const Index rows = header.shape[0];
  const Index row_bytes = header.row_elements() * static_cast<Index>(size_of(header.type));
  const Index slab = std::clamp<Index>((Index{1} << 20) / row_bytes, 1, rows);
  std::vector<std::byte> buffer(static_cast<std::size_t>(slab * row_bytes));
  for (Index first = 0; first < rows; first += slab) {
    const Index count = std::min(slab, rows - first);
    reader.read(std::span(buffer).first(static_cast<std::size_t>(count * row_bytes)));
    dataset.write_rows(first, count, types.memory, buffer.data());
  }
  reader.finish();
  return dataset;
}

void write_dataset(IdxReader& inputs, IdxReader& labels, const std::string& path) {
  const Hdf5Section section(path, 4 * (total_bytes(inputs.header()) + total_bytes(labels.header())));
  hdf5::File file = hdf5::File::create(path);
  {
    const hdf5::Group root = file.root();
    copy_rows(labels, root, "labels");  // the short one first: what is wrong with it is found at once
    const hdf5::Dataset dataset = copy_rows(inputs, root, "inputs");
    if (inputs.header().type == StoredType::uint8) dataset.write_number("scale", 1.0 / 255.0);
  }
  file.close();
}

}  // namespace

ImportResult import_idx(const std::string& images, const std::string& labels, const std::string& output) {
  IdxReader inputs(images);
  IdxReader targets(labels);
  check_pair(images, inputs.header(), labels, targets.header());
  AtomicFile file(output);
  file.as_target([&] { write_dataset(inputs, targets, file.path()); });
  file.commit();

  ImportResult result;
  result.rows = inputs.header().shape[0];
  result.row_shape.assign(inputs.header().shape.begin() + 1, inputs.header().shape.end());
  result.dtype = std::string(name_of(inputs.header().type));
  return result;
}

}  // namespace tally::io

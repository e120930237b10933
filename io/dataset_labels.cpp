#include "io/dataset_labels.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <utility>
#include <vector>

#include "io/dataset_list.hpp"
#include "io/dataset_rows.hpp"
#include "io/stored_type_hdf5.hpp"

namespace tally::io {
namespace {

constexpr Index values_at_once = 1 << 13;  // 64 KiB, which stay in the cache

std::string row_text(Index row) { return "row " + std::to_string(row) + ": "; }

std::int64_t class_index(const hdf5::Place& place, Index row, double value) {
  constexpr double exact = 9007199254740992.0;  // 2^53: beyond it a double does not tell integers apart
  if (!(std::abs(value) <= exact) || value != std::floor(value))
    place.fail(row_text(row) + "label " + std::to_string(value) + " is no class index");
  return static_cast<std::int64_t>(value);
}

std::int64_t class_index(const hdf5::Place& place, Index row, std::uint64_t value) {
  if (value > INT64_MAX) place.fail(row_text(row) + "label " + std::to_string(value) + " is no class index");
  return static_cast<std::int64_t>(value);
}

std::int64_t class_index(const hdf5::Place&, Index, std::int64_t value) { return value; }
std::int64_t class_index(const hdf5::Place&, Index, std::int8_t value) { return value != 0; }

template <typename T>
std::int64_t hot_class(const hdf5::Place& place, Index row, std::span<const T> values) {
  std::int64_t hot = -1;
  for (std::size_t k = 0; k < values.size(); ++k) {
    if (values[k] == T{0}) continue;
    if (values[k] != T{1} || hot >= 0) place.fail(row_text(row) + "is not one-hot (exactly one 1, else 0)");
    hot = static_cast<std::int64_t>(k);
  }
  if (hot < 0) place.fail(row_text(row) + "is not one-hot (all are 0)");
  return hot;
}

template <typename T>
void convert(const hdf5::Place& place, Index first, Index classes, std::span<const T> values,
             std::span<std::int64_t> labels) {
  for (std::size_t i = 0; i < labels.size(); ++i) {
    const Index row = first + static_cast<Index>(i);
    const auto width = static_cast<std::size_t>(classes);
    labels[i] =
        classes == 0 ? class_index(place, row, values[i]) : hot_class(place, row, values.subspan(i * width, width));
  }
}

}  // namespace

LabelReader::LabelReader(hdf5::Dataset dataset) : dataset_(std::move(dataset)), shape_(dataset_.shape()) {
  const hdf5::Place& place = dataset_.place();
  std::vector<Index> significant = shape_;
  while (significant.size() > 1 && significant.back() == 1) significant.pop_back();
  if (significant.empty() || significant.size() > 2)
    place.fail("labels should be of shape [N], [N, 1] or one-hot [N, K], but are " + shape_text(shape_));
  rows_ = significant[0];
  classes_ = significant.size() == 2 ? significant[1] : 0;

  const hdf5::Datatype stored = dataset_.type();
  const StoredElement element = stored_element(place, stored);
  row_bytes_ = size_of(element.type) * static_cast<std::uint64_t>(std::max(classes_, Index{1}));
  if (element.dtype == "bool")
    kind_ = Kind::boolean;
  else if (H5Tget_class(stored.get()) == H5T_FLOAT)
    kind_ = Kind::floating;
  else
    kind_ = H5Tget_sign(stored.get()) == H5T_SGN_NONE ? Kind::unsigned_integer : Kind::signed_integer;
}

void LabelReader::read(Index first, std::span<std::int64_t> labels) const {
  const Index width = std::max(classes_, Index{1});
  const Index block = std::max(Index{1}, values_at_once / width);
  const auto read_all = [&]<typename T>(hid_t memory, T) {
    std::vector<T> values(static_cast<std::size_t>(std::min(block, static_cast<Index>(labels.size())) * width));
    for (std::size_t done = 0; done < labels.size();) {
      const std::size_t count = std::min(labels.size() - done, static_cast<std::size_t>(block));
      const Index row = first + static_cast<Index>(done);
      // Where libhdf5 fills in nothing for what was never written, it would be the labels of the block before.
      std::fill(values.begin(), values.end(), T{});
      read_rows(dataset_, shape_, row, static_cast<Index>(count), memory, values.data());
      convert<T>(dataset_.place(), row, classes_, values, labels.subspan(done, count));
      done += count;
    }
  };
  switch (kind_) {
    case Kind::boolean: {
      const hdf5::Datatype own = dataset_.type();
      return read_all(own.get(), std::int8_t{});
    }
    case Kind::floating:
      return read_all(H5T_NATIVE_DOUBLE, double{});
    case Kind::unsigned_integer:
      return read_all(H5T_NATIVE_UINT64, std::uint64_t{});
    case Kind::signed_integer:
      return read_all(H5T_NATIVE_INT64, std::int64_t{});
  }
}

}  // namespace tally::io

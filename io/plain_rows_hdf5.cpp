#include "io/plain_rows_hdf5.hpp"

#include <fcntl.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include "io/hdf5_section.hpp"

namespace tally::io {
namespace {

constexpr std::size_t most_sources = 100;
constexpr std::size_t most_parts = 10'000;

/// Where a contiguous dataset begins.
struct Place {
  std::shared_ptr<const PlainFile> file;
  std::uint64_t offset = 0;
};

std::optional<Place> place_of(const hdf5::Dataset& dataset, const StoredElement& element) {
  const hdf5::PropertyList creation = dataset.creation();
  if (H5Pget_layout(creation.get()) != H5D_CONTIGUOUS) return std::nullopt;
  if (H5Tequal(dataset.type().get(), element.memory.get()) <= 0) return std::nullopt;
  const haddr_t offset = H5Dget_offset(dataset.id());
  const hdf5::Handle<H5Fclose> file(H5Iget_file_id(dataset.id()));
  const hdf5::PropertyList access(file.get() < 0 ? H5I_INVALID_HID : H5Fget_access_plist(file.get()));
  void* handle = nullptr;
  const bool usable = offset != HADDR_UNDEF && access.get() >= 0 && H5Pget_driver(access.get()) == H5FD_SEC2 &&
                      H5Fget_vfd_handle(file.get(), H5P_DEFAULT, &handle) >= 0 && handle != nullptr;
  H5Eclear2(H5E_DEFAULT);
  if (!usable) return std::nullopt;
  // The very file that libhdf5 has open, whatever its name stands for by now.
  const int descriptor = fcntl(*static_cast<const int*>(handle), F_DUPFD_CLOEXEC, 0);
  if (descriptor < 0) return std::nullopt;
  return Place{std::make_shared<PlainFile>(descriptor), offset};
}

/// Of a source, whose rows have to be as long as those of `shape`.
std::optional<Place> place_of(const SourceDataset& source, const StoredElement& element,
                              const std::vector<Index>& shape) {
  const Hdf5Section section(source.file);
  const hdf5::Dataset dataset = hdf5::File::open(source.file).root().open_dataset(source.object);
  const std::vector<Index> found = dataset.shape();  // which may have changed since it was checked
  const bool fits = !found.empty() && std::equal(found.begin() + 1, found.end(), shape.begin() + 1, shape.end());
  return fits ? place_of(dataset, element) : std::nullopt;
}

/// The parts of a virtual dataset, neighbours in a file as one; empty where one of them does not lie plainly.
std::vector<PlainPart> parts_of(const StoragePlan& plan, const StoredElement& element, const std::vector<Index>& shape,
                                std::uint64_t row_bytes) {
  if (plan.sources.size() > most_sources) return {};
  std::vector<Place> places;
  for (const SourceDataset& source : plan.sources) {
    const std::optional<Place> place = place_of(source, element, shape);
    if (!place) return {};
    places.push_back(*place);
  }
  std::vector<PlainPart> parts;
  for (const SourceRows& rows : plan.source_rows) {
    const Place& place = places[rows.source];
    const std::uint64_t offset = place.offset + static_cast<std::uint64_t>(rows.source_first) * row_bytes;
    if (!parts.empty() && parts.back().file == place.file &&
        parts.back().offset + static_cast<std::uint64_t>(parts.back().count) * row_bytes == offset) {
      parts.back().count += rows.count;
    } else if (parts.size() == most_parts) {
      return {};
    } else {
      parts.push_back({rows.first, rows.count, place.file, offset});
    }
  }
  return parts;
}

}  // namespace

std::unique_ptr<PlainRows> plain_rows(const hdf5::Dataset& dataset, const StoredElement& element,
                                      const StoragePlan& plan, const std::vector<Index>& shape) {
  const std::uint64_t row_bytes =
      hdf5::checked_bytes(dataset.place(), {shape.begin() + 1, shape.end()}, size_of(element.type));
  std::vector<PlainPart> parts = parts_of(plan, element, shape, row_bytes);
  if (const auto place = parts.empty() ? place_of(dataset, element) : std::nullopt)
    parts.push_back({0, shape.front(), place->file, place->offset});
  if (parts.empty()) return nullptr;
  return std::make_unique<PlainRows>(dataset.place().file + ": " + dataset.place().object, std::move(parts), row_bytes);
}

}  // namespace tally::io

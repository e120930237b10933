#include "io/plain_rows_hdf5.hpp"

#include <fcntl.h>

#include <map>
#include <optional>
#include <string>
#include <utility>

#include "io/hdf5_section.hpp"

namespace tally::io {
namespace {

constexpr std::size_t most_files = 100;

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

/// The parts of a virtual dataset; empty where one of them does not lie plainly.
std::vector<PlainPart> parts_of(const std::vector<SourceRows>& source_rows, const StoredElement& element,
                                std::uint64_t row_bytes) {
  std::vector<PlainPart> parts;
  std::map<std::pair<std::string, std::string>, Place> places;  // files are often named more than once
  for (const SourceRows& rows : source_rows) {
    auto found = places.find({rows.file, rows.object});
    if (found == places.end()) {
      if (places.size() == most_files) return {};
      const Hdf5Section section(rows.file);
      const auto place = place_of(hdf5::File::open(rows.file).root().open_dataset(rows.object), element);
      if (!place) return {};
      found = places.emplace(std::pair(rows.file, rows.object), *place).first;
    }
    const Place& place = found->second;
    parts.push_back(
        {rows.first, rows.count, place.file, place.offset + static_cast<std::uint64_t>(rows.source_first) * row_bytes});
  }
  return parts;
}

}  // namespace

std::unique_ptr<PlainRows> plain_rows(const hdf5::Dataset& dataset, const StoredElement& element,
                                      const std::vector<SourceRows>& source_rows, Index rows, std::uint64_t row_bytes) {
  std::vector<PlainPart> parts = parts_of(source_rows, element, row_bytes);
  if (const auto place = parts.empty() ? place_of(dataset, element) : std::nullopt)
    parts.push_back({0, rows, place->file, place->offset});
  if (parts.empty()) return nullptr;
  return std::make_unique<PlainRows>(dataset.place().file + ": " + dataset.place().object, std::move(parts), row_bytes);
}

}  // namespace tally::io

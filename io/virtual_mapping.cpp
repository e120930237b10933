#include "io/virtual_mapping.hpp"

#include <limits>

namespace tally::io {
namespace {

constexpr ssize_t longest_name = 65'536;
constexpr std::size_t most_sources = 100'000;

/// The strings of one mapping: libhdf5 gives their length first.
template <typename Function>
std::string mapping_text(const hdf5::Place& place, Function get, hid_t creation, std::size_t index) {
  const ssize_t length = place.check(get(creation, index, nullptr, std::size_t{0}), "has no readable virtual sources");
  if (length > longest_name)
    place.fail("damaged: a virtual source with a name of " + std::to_string(length) + " bytes");
  std::string text(static_cast<std::size_t>(length) + 1, '\0');
  place.check(get(creation, index, text.data(), text.size()), "has no readable virtual sources");
  text.pop_back();
  return text;
}

/// libhdf5 takes %b for the number of a block and %% for a percent sign.
std::string unescaped(const hdf5::Place& place, const std::string& name) {
  std::string plain;
  for (std::size_t i = 0; i < name.size(); ++i) {
    plain += name[i];
    if (name[i] != '%' || i + 1 == name.size()) continue;
    if (name[i + 1] == 'b') place.fail("has numbered virtual sources (" + name + "), which are not supported");
    if (name[i + 1] == '%') ++i;
  }
  return plain;
}

/// Elements a selection covers, and the end of its bounding box; neither for an unlimited one.
std::optional<std::uint64_t> selected_elements(hid_t space) {
  const hssize_t elements = H5Sget_select_npoints(space);
  if (elements < 0) H5Eclear2(H5E_DEFAULT);
  return elements < 0 ? std::nullopt : std::optional(static_cast<std::uint64_t>(elements));
}

/// Nothing where the selection is something else.
std::optional<RowBlock> selected_rows(hid_t space) {
  const auto elements = selected_elements(space);
  const int rank = H5Sget_simple_extent_ndims(space);
  hsize_t extent[H5S_MAX_RANK] = {};
  hsize_t first[H5S_MAX_RANK] = {};
  hsize_t last[H5S_MAX_RANK] = {};
  // Points may name the same elements in another order.
  const H5S_sel_type type = H5Sget_select_type(space);
  if ((type != H5S_SEL_HYPERSLABS && type != H5S_SEL_ALL) || !elements || rank < 1 ||
      H5Sget_simple_extent_dims(space, extent, nullptr) < 0 || H5Sget_select_bounds(space, first, last) < 0) {
    H5Eclear2(H5E_DEFAULT);
    return std::nullopt;
  }
  if (last[0] >= static_cast<hsize_t>(std::numeric_limits<Index>::max())) return std::nullopt;
  RowBlock block{static_cast<Index>(first[0]), static_cast<Index>(last[0] - first[0]) + 1, {}};
  std::uint64_t left = *elements;  // that the rows, as they follow, do not account for
  for (int i = 1; i < rank; ++i) {
    if (extent[i] == 0 || first[i] != 0 || last[i] + 1 != extent[i] || left % extent[i] != 0) return std::nullopt;
    left /= extent[i];
    block.row_shape.push_back(static_cast<Index>(extent[i]));
  }
  // As many elements as its bounds hold, so that none between them is missing.
  return left == static_cast<std::uint64_t>(block.count) ? std::optional(block) : std::nullopt;
}

std::vector<Index> selected_end(const hdf5::Place& place, hid_t space) {
  if (H5Sget_select_type(space) == H5S_SEL_ALL) return {};
  const int rank = place.check(H5Sget_simple_extent_ndims(space), "has no readable virtual sources");
  hsize_t first[H5S_MAX_RANK] = {};
  hsize_t last[H5S_MAX_RANK] = {};
  if (H5Sget_select_bounds(space, first, last) < 0) {
    H5Eclear2(H5E_DEFAULT);
    return {};
  }
  std::vector<Index> end;
  for (int i = 0; i < rank; ++i) {
    if (last[i] >= static_cast<hsize_t>(std::numeric_limits<Index>::max())) return {};
    end.push_back(static_cast<Index>(last[i]) + 1);
  }
  return end;
}

}  // namespace

std::optional<std::uint64_t> covered_elements(const hdf5::Dataset& dataset) {
  const hdf5::Place& place = dataset.place();
  const hdf5::PropertyList creation = dataset.creation();
  std::size_t count = 0;
  place.check(H5Pget_virtual_count(creation.get(), &count), "has no readable virtual sources");
  hdf5::Dataspace covered;
  for (std::size_t i = 0; i < count; ++i) {
    hdf5::Dataspace part(place.check(H5Pget_virtual_vspace(creation.get(), i), "has no readable virtual sources"));
    const auto elements = selected_elements(part.get());
    if (!elements) return std::nullopt;
    // A selection of everything is no hyperslab that could be combined with another.
    if (H5Sget_select_type(part.get()) == H5S_SEL_ALL) return elements;
    if (i == 0) {
      covered = std::move(part);
    } else {
      place.check(H5Smodify_select(covered.get(), H5S_SELECT_OR, part.get()), "has no readable virtual sources");
    }
  }
  return selected_elements(covered.get());
}

std::vector<VirtualMapping> virtual_mappings(const hdf5::Dataset& dataset) {
  const hdf5::Place& place = dataset.place();
  const hdf5::PropertyList creation = dataset.creation();
  std::size_t count = 0;
  place.check(H5Pget_virtual_count(creation.get(), &count), "has no readable virtual sources");
  if (count > most_sources) place.fail("has more than " + std::to_string(most_sources) + " virtual sources");
  if (count == 0) place.fail("is a virtual dataset without sources");
  std::vector<VirtualMapping> mappings;
  for (std::size_t i = 0; i < count; ++i) {
    VirtualMapping mapping;
    mapping.file = unescaped(place, mapping_text(place, H5Pget_virtual_filename, creation.get(), i));
    mapping.object = unescaped(place, mapping_text(place, H5Pget_virtual_dsetname, creation.get(), i));
    if (!mapping.object.starts_with('/')) mapping.object.insert(0, 1, '/');
    const hdf5::Dataspace target(
        place.check(H5Pget_virtual_vspace(creation.get(), i), "has no readable virtual sources"));
    const hdf5::Dataspace source(
        place.check(H5Pget_virtual_srcspace(creation.get(), i), "has no readable virtual sources"));
    mapping.elements = selected_elements(target.get());
    if (mapping.elements) mapping.source_end = selected_end(place, source.get());
    mapping.rows = selected_rows(target.get());
    mapping.takes_all = H5Sget_select_type(source.get()) == H5S_SEL_ALL;
    if (!mapping.takes_all) mapping.source_rows = selected_rows(source.get());
    mappings.push_back(std::move(mapping));
  }
  return mappings;
}

}  // namespace tally::io

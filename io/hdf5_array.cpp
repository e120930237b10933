// Datasets as arrays: what they are made of, and reading or writing them whole.
#include <algorithm>
#include <filesystem>
#include <limits>
#include <system_error>

#include "io/hdf5.hpp"

namespace tally::io::hdf5 {
namespace {

/// Decoded bytes that one stored byte can stand for: deflate reaches 1032, plugins more on constant data. A size beyond
/// this is damage (or a bomb).
std::uint64_t densest_compression(hid_t creation) {
  constexpr std::uint64_t deflate = 1100;
  constexpr std::uint64_t plugin = 100'000;
  const int filters = H5Pget_nfilters(creation);
  for (int i = 0; i < filters; ++i) {
    unsigned flags = 0;
    std::size_t values = 0;
    const H5Z_filter_t filter =
        H5Pget_filter2(creation, static_cast<unsigned>(i), &flags, &values, nullptr, 0, nullptr, nullptr);
    if (filter != H5Z_FILTER_DEFLATE && filter != H5Z_FILTER_SHUFFLE && filter != H5Z_FILTER_FLETCHER32) return plugin;
  }
  return deflate;
}

std::string filter_name(H5Z_filter_t filter, const char* name) {
  switch (filter) {
    case H5Z_FILTER_DEFLATE:
      return "deflate";
    case H5Z_FILTER_SHUFFLE:
      return "shuffle";
    case H5Z_FILTER_FLETCHER32:
      return "fletcher32";
    case H5Z_FILTER_SZIP:
      return "szip";
    case H5Z_FILTER_NBIT:
      return "nbit";
    case H5Z_FILTER_SCALEOFFSET:
      return "scaleoffset";
    default:
      // A plugin's own words ("lzf", "blosc", "HDF5 lz4 filter; see ..."), kept to one short word where there is one.
      const std::string word = std::string(name).substr(0, std::string(name).find_first_of(";,: \n"));
      return word.empty() ? "filter " + std::to_string(filter) : word;
  }
}

std::string integer_name(hid_t type) {
  return (H5Tget_sign(type) == H5T_SGN_NONE ? "uint" : "int") + std::to_string(8 * H5Tget_size(type));
}

/// h5py stores numpy.bool as an enum of int8 with the members FALSE = 0 and TRUE = 1.
bool is_boolean(hid_t type) {
  const Datatype base(H5Tget_super(type));
  if (H5Tget_nmembers(type) != 2 || base.get() < 0 || H5Tget_size(base.get()) != 1) return false;
  signed char value = -1;
  const bool found = H5Tenum_valueof(type, "FALSE", &value) >= 0 && value == 0 &&
                     H5Tenum_valueof(type, "TRUE", &value) >= 0 && value == 1;
  H5Eclear2(H5E_DEFAULT);
  return found;
}

}  // namespace

std::string dtype_name(hid_t type) {
  switch (H5Tget_class(type)) {
    case H5T_INTEGER:
      return integer_name(type);
    case H5T_FLOAT:
      if (H5Tget_size(type) == 2 && H5Tget_ebias(type) == 127) return "bfloat16";
      return "float" + std::to_string(8 * H5Tget_size(type));
    case H5T_ENUM:
      return is_boolean(type) ? "bool" : "enum";
    case H5T_STRING:
      return "string";
    case H5T_COMPOUND:
      return "compound";
    case H5T_BITFIELD:
      return "bitfield";
    case H5T_OPAQUE:
      return "opaque";
    case H5T_REFERENCE:
      return "reference";
    case H5T_VLEN:
      return "variable-length";
    case H5T_ARRAY:
      return "array";
    default:
      return "unknown type";
  }
}

std::string layout_name(hid_t creation) {
  switch (H5Pget_layout(creation)) {
    case H5D_COMPACT:
      return "compact";
    case H5D_CONTIGUOUS:
      return "contiguous";
    case H5D_VIRTUAL:
      return "virtual";
    case H5D_CHUNKED:
      break;
    default:
      return "unknown layout";
  }
  hsize_t chunk[H5S_MAX_RANK] = {};
  const int rank = H5Pget_chunk(creation, H5S_MAX_RANK, chunk);
  std::string text = "chunked";
  for (int i = 0; i < rank; ++i) text.append(i == 0 ? " " : "x").append(std::to_string(chunk[i]));
  const int filters = H5Pget_nfilters(creation);
  for (int i = 0; i < filters; ++i) {
    unsigned flags = 0;
    unsigned configuration = 0;
    std::size_t values = 0;
    char name[128] = {};
    const H5Z_filter_t filter = H5Pget_filter2(creation, static_cast<unsigned>(i), &flags, &values, nullptr,
                                               sizeof name - 1, name, &configuration);
    text.append(" ").append(filter_name(filter, name));
  }
  return text;
}

std::uint64_t checked_bytes(const Place& place, std::span<const Index> shape, std::uint64_t element_bytes) {
  constexpr auto limit = static_cast<std::uint64_t>(std::numeric_limits<Index>::max());
  std::uint64_t bytes = element_bytes;
  for (const Index dimension : shape) {
    if (dimension < 0) place.fail("a dimension is too large");
    const auto factor = static_cast<std::uint64_t>(dimension);
    if (factor != 0 && bytes > limit / factor) place.fail("its size passes 2^63 bytes");
    bytes *= factor;
  }
  return bytes;
}

std::vector<Index> Dataset::shape() const {
  const Dataspace space(place().check(H5Dget_space(id()), "has no readable shape"));
  if (H5Sget_simple_extent_type(space.get()) == H5S_NULL) place().fail("is empty (a null dataspace)");
  hsize_t dimensions[H5S_MAX_RANK] = {};
  const int rank = place().check(H5Sget_simple_extent_dims(space.get(), dimensions, nullptr), "has no readable shape");
  std::vector<Index> shape;
  for (int i = 0; i < rank; ++i) {
    if (dimensions[i] > static_cast<hsize_t>(std::numeric_limits<Index>::max()))
      place().fail("a dimension is too large");
    shape.push_back(static_cast<Index>(dimensions[i]));
  }
  return shape;
}

Datatype Dataset::type() const { return Datatype(place().check(H5Dget_type(id()), "has no readable type")); }

PropertyList Dataset::creation() const {
  return PropertyList(place().check(H5Dget_create_plist(id()), "has no readable layout"));
}

std::string Dataset::dtype() const { return dtype_name(type().get()); }
std::string Dataset::layout() const { return layout_name(creation().get()); }

std::uint64_t Dataset::storage_bytes() const {
  const std::uint64_t bytes = H5Dget_storage_size(id());
  H5Eclear2(H5E_DEFAULT);  // 0 stands for an error, too: then nothing can be read either
  return bytes;
}

void Dataset::check_storage(std::uint64_t bytes) const {
  const PropertyList list = creation();
  if (place().check(H5Pget_external_count(list.get()), "has no readable layout") > 0)
    place().fail("is stored in another file (external storage), which is refused");
  const H5D_layout_t layout = place().check(H5Pget_layout(list.get()), "has no readable layout");
  if (layout == H5D_VIRTUAL) place().fail("is a virtual dataset, which may lead out of the file and is refused here");
  if (bytes == 0) return;
  const std::uint64_t stored = storage_bytes();
  if (stored == 0) place().fail("was never written: the file holds no data for it");
  std::error_code code;
  const std::uint64_t length = std::filesystem::file_size(place().file, code);
  if (code) place().fail(code.message());
  const bool filtered = layout == H5D_CHUNKED && H5Pget_nfilters(list.get()) > 0;
  const std::uint64_t most = filtered ? length * densest_compression(list.get()) + 4096 : length;
  if (stored > length || (layout != H5D_CHUNKED && bytes > stored) || bytes > most)
    place().fail("damaged or never fully written: its shape needs " + std::to_string(bytes) +
                 " bytes, more than a file of " + std::to_string(length) + " bytes can hold");
}

std::vector<float> Dataset::read_floats() const {
  const Datatype stored = type();
  const H5T_class_t kind = H5Tget_class(stored.get());
  if (kind != H5T_INTEGER && kind != H5T_FLOAT)
    place().fail("should hold numbers, but its type is " + dtype_name(stored.get()));
  const std::vector<Index> dimensions = shape();
  check_storage(checked_bytes(place(), dimensions, H5Tget_size(stored.get())));
  std::vector<float> values(checked_bytes(place(), dimensions, sizeof(float)) / sizeof(float));
  if (!values.empty())
    place().check(H5Dread(id(), H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, values.data()), "cannot be read");
  return values;
}

void Dataset::write(hid_t memory_type, const void* data) const {
  place().check(H5Dwrite(id(), memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, data), "cannot be written");
}

void Dataset::write_rows(Index first, Index count, hid_t memory_type, const void* data) const {
  const std::vector<Index> dimensions = shape();
  if (dimensions.empty() || first < 0 || count < 0 || first > dimensions[0] - count)
    place().fail(std::to_string(count) + " rows from row " + std::to_string(first) + " on lie outside it");
  if (count == 0) return;
  std::vector<hsize_t> start(dimensions.size(), 0);
  std::vector<hsize_t> extent(dimensions.begin(), dimensions.end());
  start[0] = static_cast<hsize_t>(first);
  extent[0] = static_cast<hsize_t>(count);
  const Dataspace file(place().check(H5Dget_space(id()), "has no readable shape"));
  const Dataspace memory(place().check(H5Screate_simple(static_cast<int>(extent.size()), extent.data(), nullptr),
                                       "rows cannot be chosen"));
  place().check(H5Sselect_hyperslab(file.get(), H5S_SELECT_SET, start.data(), nullptr, extent.data(), nullptr),
                "rows cannot be chosen");
  place().check(H5Dwrite(id(), memory_type, memory.get(), file.get(), H5P_DEFAULT, data), "cannot be written");
}

}  // namespace tally::io::hdf5

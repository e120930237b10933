// Attributes: numbers and strings of every kind that Python's and C's writers leave in files.
#include <algorithm>

#include "io/hdf5.hpp"

namespace tally::io::hdf5 {
namespace {

constexpr std::uint64_t most_number_bytes = std::uint64_t{1} << 20;
constexpr std::uint64_t most_string_bytes = std::uint64_t{64} << 20;

/// An opened attribute with what is needed to read it.
struct OpenAttribute {
  Place place;
  Attribute handle;
  Datatype type;
  Dataspace space;
  std::size_t elements = 0;
  std::size_t element_bytes = 0;
};

OpenAttribute open_attribute(const Node& node, const std::string& name) {
  OpenAttribute attribute;
  const Place& owner = node.place();
  attribute.place = {owner.file, owner.object + ": attribute " + name};
  const Place& place = attribute.place;
  if (!node.has_attribute(name)) place.fail("does not exist");
  attribute.handle = Attribute(place.check(H5Aopen(node.id(), name.c_str(), H5P_DEFAULT), "cannot be opened"));
  attribute.type = Datatype(place.check(H5Aget_type(attribute.handle.get()), "has no readable type"));
  attribute.space = Dataspace(place.check(H5Aget_space(attribute.handle.get()), "has no readable shape"));
  const hssize_t elements = place.check(H5Sget_simple_extent_npoints(attribute.space.get()), "has no readable shape");
  attribute.elements = static_cast<std::size_t>(elements);
  attribute.element_bytes = H5Tget_size(attribute.type.get());
  if (attribute.element_bytes == 0) place.fail_hdf5("has no readable type");
  return attribute;
}

void check_size(const OpenAttribute& attribute, std::uint64_t element_bytes, std::uint64_t limit) {
  if (attribute.elements > limit / element_bytes)
    attribute.place.fail("is larger than " + std::to_string(limit) + " bytes");
}

template <typename T>
std::vector<T> read_values(const OpenAttribute& attribute, hid_t memory_type) {
  check_size(attribute, std::max(sizeof(T), attribute.element_bytes), most_number_bytes);
  std::vector<T> values(attribute.elements);
  if (!values.empty())
    attribute.place.check(H5Aread(attribute.handle.get(), memory_type, values.data()), "cannot be read");
  return values;
}

/// Gives the strings libhdf5 allocated back to it, also when a copy of one throws.
struct StringReclaimer {
  hid_t type;
  hid_t space;
  std::vector<char*>& strings;
  ~StringReclaimer() { H5Dvlen_reclaim(type, space, H5P_DEFAULT, strings.data()); }
};

std::vector<std::string> read_variable_strings(const OpenAttribute& attribute) {
  check_size(attribute, sizeof(char*), most_string_bytes);
  const Place& place = attribute.place;
  const Datatype memory(place.check(H5Tcopy(H5T_C_S1), "cannot make a string type"));
  place.check(H5Tset_size(memory.get(), H5T_VARIABLE), "cannot make a string type");
  place.check(H5Tset_cset(memory.get(), H5Tget_cset(attribute.type.get())), "has no readable character set");
  std::vector<char*> pointers(attribute.elements, nullptr);
  if (pointers.empty()) return {};
  place.check(H5Aread(attribute.handle.get(), memory.get(), pointers.data()), "cannot be read");
  const StringReclaimer reclaimer{memory.get(), attribute.space.get(), pointers};
  std::vector<std::string> strings;
  for (const char* pointer : pointers) strings.emplace_back(pointer ? pointer : "");
  return strings;
}

std::vector<std::string> read_fixed_strings(const OpenAttribute& attribute) {
  check_size(attribute, attribute.element_bytes, most_string_bytes);
  std::string bytes(attribute.elements * attribute.element_bytes, '\0');
  if (!bytes.empty())
    attribute.place.check(H5Aread(attribute.handle.get(), attribute.type.get(), bytes.data()), "cannot be read");
  const bool space_padded = H5Tget_strpad(attribute.type.get()) == H5T_STR_SPACEPAD;
  std::vector<std::string> strings;
  for (std::size_t i = 0; i < attribute.elements; ++i) {
    std::string text = bytes.substr(i * attribute.element_bytes, attribute.element_bytes);
    text.resize(std::min(text.find('\0'), text.size()));
    if (space_padded) text.resize(text.find_last_not_of(' ') + 1);
    strings.push_back(std::move(text));
  }
  return strings;
}

template <typename T>
T only(const Node& node, const std::string& name, std::vector<T> values) {
  if (values.size() != 1)
    Place{node.place().file, node.place().object + ": attribute " + name}.fail("should be one value, but holds " +
                                                                               std::to_string(values.size()));
  return std::move(values.front());
}

void write_attribute(const Node& node, const std::string& name, hid_t stored, hid_t memory, const Dataspace& space,
                     const void* data) {
  const Place place{node.place().file, node.place().object + ": attribute " + name};
  place.check(space.get(), "cannot make its shape");
  const Attribute attribute(H5Acreate2(node.id(), name.c_str(), stored, space.get(), H5P_DEFAULT, H5P_DEFAULT));
  place.check(attribute.get(), "cannot be created");
  place.check(H5Awrite(attribute.get(), memory, data), "cannot be written");
}

Dataspace scalar() { return Dataspace(H5Screate(H5S_SCALAR)); }

Dataspace list_of(std::size_t length) {
  const hsize_t dimension = length;
  return Dataspace(H5Screate_simple(1, &dimension, nullptr));
}

Datatype variable_utf8(const Place& place) {
  Datatype type(place.check(H5Tcopy(H5T_C_S1), "cannot make a string type"));
  place.check(H5Tset_size(type.get(), H5T_VARIABLE), "cannot make a string type");
  place.check(H5Tset_cset(type.get(), H5T_CSET_UTF8), "cannot make a string type");
  return type;
}

extern "C" herr_t collect_attribute(hid_t, const char* name, const H5A_info_t*, void* names) {
  try {
    static_cast<std::vector<std::string>*>(names)->emplace_back(name);
    return 0;
  } catch (...) {
    return -1;
  }
}

}  // namespace

bool Node::has_attribute(const std::string& name) const {
  return place().check(H5Aexists(id(), name.c_str()), "attributes cannot be read") > 0;
}

std::vector<std::string> Node::attribute_names() const {
  std::vector<std::string> names;
  hsize_t position = 0;
  place().check(H5Aiterate2(id(), H5_INDEX_NAME, H5_ITER_INC, &position, collect_attribute, &names),
                "attributes cannot be listed");
  return names;
}

std::vector<double> Node::read_numbers(const std::string& name) const {
  const OpenAttribute attribute = open_attribute(*this, name);
  const H5T_class_t kind = H5Tget_class(attribute.type.get());
  if (kind != H5T_INTEGER && kind != H5T_FLOAT)
    attribute.place.fail("should be a number, but is " + dtype_name(attribute.type.get()));
  return read_values<double>(attribute, H5T_NATIVE_DOUBLE);
}

std::vector<std::int64_t> Node::read_integers(const std::string& name) const {
  const OpenAttribute attribute = open_attribute(*this, name);
  if (H5Tget_class(attribute.type.get()) != H5T_INTEGER)
    attribute.place.fail("should be an integer, but is " + dtype_name(attribute.type.get()));
  const auto values = read_values<std::int64_t>(attribute, H5T_NATIVE_INT64);
  // Conversion clips; only an unsigned 64-bit integer can lie beyond int64.
  if (attribute.element_bytes >= 8 && H5Tget_sign(attribute.type.get()) == H5T_SGN_NONE)
    for (const std::uint64_t value : read_values<std::uint64_t>(attribute, H5T_NATIVE_UINT64))
      if (value > INT64_MAX) attribute.place.fail(std::to_string(value) + " is too large");
  return values;
}

std::vector<std::string> Node::read_strings(const std::string& name) const {
  const OpenAttribute attribute = open_attribute(*this, name);
  if (H5Tget_class(attribute.type.get()) != H5T_STRING)
    attribute.place.fail("should be text, but is " + dtype_name(attribute.type.get()));
  return H5Tis_variable_str(attribute.type.get()) > 0 ? read_variable_strings(attribute)
                                                      : read_fixed_strings(attribute);
}

double Node::read_number(const std::string& name) const { return only(*this, name, read_numbers(name)); }
std::int64_t Node::read_integer(const std::string& name) const { return only(*this, name, read_integers(name)); }
std::string Node::read_string(const std::string& name) const { return only(*this, name, read_strings(name)); }

void Node::write_number(const std::string& name, double value) const {
  write_attribute(*this, name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, scalar(), &value);
}

void Node::write_integer(const std::string& name, std::int64_t value) const {
  write_attribute(*this, name, H5T_STD_I64LE, H5T_NATIVE_INT64, scalar(), &value);
}

void Node::write_string(const std::string& name, const std::string& value) const {
  const Datatype type = variable_utf8(place());
  const char* text = value.c_str();
  write_attribute(*this, name, type.get(), type.get(), scalar(), &text);
}

void Node::write_numbers(const std::string& name, std::span<const double> values) const {
  write_attribute(*this, name, H5T_IEEE_F64LE, H5T_NATIVE_DOUBLE, list_of(values.size()), values.data());
}

void Node::write_integers(const std::string& name, std::span<const std::int64_t> values) const {
  write_attribute(*this, name, H5T_STD_I64LE, H5T_NATIVE_INT64, list_of(values.size()), values.data());
}

void Node::write_strings(const std::string& name, const std::vector<std::string>& values) const {
  const Datatype type = variable_utf8(place());
  std::vector<const char*> texts;
  for (const std::string& value : values) texts.push_back(value.c_str());
  write_attribute(*this, name, type.get(), type.get(), list_of(texts.size()), texts.data());
}

}  // namespace tally::io::hdf5

#include "io/numpy_array.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>

#include "kernels/float16.hpp"

namespace tally::io {
namespace {

using Converter = float (*)(const char* element, bool swap);

/// One element of type T, which has as many bytes as Bits.
template <typename T, typename Bits>
float convert(const char* element, bool swap) {
  std::array<char, sizeof(Bits)> raw;
  std::memcpy(raw.data(), element, raw.size());
  if (swap) std::reverse(raw.begin(), raw.end());
  const Bits bits = std::bit_cast<Bits>(raw);
  return static_cast<float>(std::bit_cast<T>(bits));
}

float convert_half(const char* element, bool swap) {
  std::uint16_t bits;
  std::memcpy(&bits, element, sizeof bits);
  if (swap) bits = static_cast<std::uint16_t>(bits << 8U | bits >> 8U);
  return float16_to_float(bits);
}

Converter converter_of(const NumpyDtype& dtype) {
  switch (dtype.kind) {
    case NumpyDtype::Kind::floating:
      if (dtype.size == 2) return convert_half;
      return dtype.size == 4 ? convert<float, std::uint32_t> : convert<double, std::uint64_t>;
    case NumpyDtype::Kind::integer:
      if (dtype.size == 1) return convert<std::int8_t, std::uint8_t>;
      if (dtype.size == 2) return convert<std::int16_t, std::uint16_t>;
      return dtype.size == 4 ? convert<std::int32_t, std::uint32_t> : convert<std::int64_t, std::uint64_t>;
    case NumpyDtype::Kind::unsigned_integer:
      if (dtype.size == 1) return convert<std::uint8_t, std::uint8_t>;
      if (dtype.size == 2) return convert<std::uint16_t, std::uint16_t>;
      return dtype.size == 4 ? convert<std::uint32_t, std::uint32_t> : convert<std::uint64_t, std::uint64_t>;
  }
  return nullptr;
}

/// Distance, in stored elements, between neighbours along each axis of the array.
std::vector<Index> strides_of(const NumpyArray& array) {
  std::vector<Index> stored(array.shape.size());
  Index step = 1;
  for (std::size_t i = 0; i < stored.size(); ++i) {
    const std::size_t axis = array.fortran ? i : stored.size() - 1 - i;
    stored[axis] = step;
    step *= array.shape[axis];
  }
  if (array.axes.empty()) return stored;
  std::vector<Index> strides;
  for (const Index axis : array.axes) strides.push_back(stored[static_cast<std::size_t>(axis)]);
  return strides;
}

bool is_permutation_of_axes(const std::vector<Index>& axes, std::size_t dimensions) {
  std::vector<Index> sorted = axes;
  std::ranges::sort(sorted);
  if (sorted.size() != dimensions) return false;
  for (std::size_t i = 0; i < sorted.size(); ++i) {
    if (sorted[i] != static_cast<Index>(i)) return false;
  }
  return true;
}

}  // namespace

std::optional<NumpyDtype> parse_numpy_dtype(std::string_view text) {
  NumpyDtype dtype;
  if (!text.empty() && (text[0] == '<' || text[0] == '>' || text[0] == '|' || text[0] == '=')) {
    dtype.big_endian = text[0] == '>' || (text[0] == '=' && std::endian::native == std::endian::big);
    text.remove_prefix(1);
  }
  if (text.size() != 2) return std::nullopt;
  dtype.size = text[1] - '0';
  if (dtype.size != 1 && dtype.size != 2 && dtype.size != 4 && dtype.size != 8) return std::nullopt;
  if (text[0] == 'f' && dtype.size > 1) {
    dtype.kind = NumpyDtype::Kind::floating;
  } else if (text[0] == 'i') {
    dtype.kind = NumpyDtype::Kind::integer;
  } else if (text[0] == 'u') {
    dtype.kind = NumpyDtype::Kind::unsigned_integer;
  } else {
    return std::nullopt;
  }
  return dtype;
}

std::optional<std::string> numpy_array_fault(const NumpyArray& array, std::size_t byte_count) {
  if (array.shape.size() > numpy_max_dimensions) return fmt::format("an array of {} dimensions", array.shape.size());
  if (!array.axes.empty() && !is_permutation_of_axes(array.axes, array.shape.size())) {
    return fmt::format("an array whose axes ({}) are no permutation", fmt::join(array.axes, ", "));
  }
  Index bytes = array.dtype.size;
  for (const Index size : array.shape) {
    if (size < 0 || __builtin_mul_overflow(bytes, size, &bytes)) {
      return fmt::format("an array of the impossible shape ({})", fmt::join(array.shape, ", "));
    }
  }
  if (static_cast<std::uint64_t>(bytes) == byte_count) return std::nullopt;
  return fmt::format("an array of shape ({}), which takes {} bytes, but {} are there", fmt::join(array.shape, ", "),
                     bytes, byte_count);
}

std::vector<Index> shape_of(const NumpyArray& array) {
  if (array.axes.empty()) return array.shape;
  std::vector<Index> shape;
  for (const Index axis : array.axes) shape.push_back(array.shape[static_cast<std::size_t>(axis)]);
  return shape;
}

std::vector<float> to_float32(const NumpyArray& array) {
  // A zero in the shape hides sizes beside it whose product means nothing.
  if (array.bytes.empty()) return {};
  const std::vector<Index> shape = shape_of(array);
  const std::vector<Index> strides = strides_of(array);
  const bool swap = array.dtype.big_endian != (std::endian::native == std::endian::big);
  const Converter converter = converter_of(array.dtype);
  std::vector<float> values(array.bytes.size() / static_cast<std::size_t>(array.dtype.size));

  std::vector<Index> index(shape.size(), 0);
  Index source = 0;
  for (float& value : values) {
    value = converter(array.bytes.data() + source * array.dtype.size, swap);
    // The next index, like an odometer: the last digit runs fastest.
    for (std::size_t axis = shape.size(); axis-- > 0;) {
      source += strides[axis];
      if (++index[axis] < shape[axis]) break;
      source -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return values;
}

}  // namespace tally::io

#include "io/pickle_numpy.hpp"

#include <fmt/format.h>

#include <utility>

#include "io/pickle_bytes.hpp"

namespace tally::io {
namespace {

[[noreturn]] void fault(std::string what) { throw PickleFault{std::move(what)}; }

template <typename T>
const T* item(const PickleArena& arena, const PickleTuple& tuple, std::size_t i) {
  return std::get_if<T>(&arena[tuple.items[i]]);
}

/// A flag as NumPy writes it: bool, or the integers 0 and 1 of older versions.
std::optional<bool> flag_of(const PickleValue& value) {
  if (const bool* flag = std::get_if<bool>(&value)) return *flag;
  const auto* number = std::get_if<std::int64_t>(&value);
  if (number != nullptr && (*number == 0 || *number == 1)) return *number == 1;
  return std::nullopt;
}

/// A tuple of integers. The length is checked first: arrays copy it, a pickle may share one long tuple among many.
std::vector<Index> sizes_of(const PickleArena& arena, const PickleTuple& tuple) {
  if (tuple.items.size() > numpy_max_dimensions) fault("has an array of too many dimensions");
  std::vector<Index> sizes;
  for (std::size_t i = 0; i < tuple.items.size(); ++i) {
    const auto* size = item<std::int64_t>(arena, tuple, i);
    if (size == nullptr) fault("has an array whose shape is not made of integers");
    sizes.push_back(*size);
  }
  return sizes;
}

/// Takes the bytes, whose number must be what the shape says. Latin-1 text has yet to be decoded; its characters are
/// counted.
void set_data(PickleArray& array, const PickleBinary& data) {
  std::size_t byte_count = data.bytes.size();
  if (data.latin1_text) {
    for (const char c : data.bytes) byte_count -= (static_cast<unsigned char>(c) & 0xC0U) == 0x80U ? 1 : 0;
  }
  if (const auto wrong = numpy_array_fault(array.array, byte_count)) fault("has " + *wrong);
  array.data = data;
  array.built = true;
}

PickleValue call_reconstruct(const PickleArena& arena, const PickleTuple& arguments) {
  const auto* type = arguments.items.size() == 3 ? item<PickleGlobal>(arena, arguments, 0) : nullptr;
  if (type == nullptr || *type != PickleGlobal::ndarray) fault("calls _reconstruct for something other than an array");
  return PickleArray{};
}

PickleValue call_frombuffer(const PickleArena& arena, const PickleTuple& arguments) {
  const std::size_t count = arguments.items.size();
  if (count != 4 && count != 5) fault(fmt::format("calls _frombuffer with {} arguments", count));
  const auto* data = item<PickleBinary>(arena, arguments, 0);
  const auto* dtype = item<NumpyDtype>(arena, arguments, 1);
  const auto* shape = item<PickleTuple>(arena, arguments, 2);
  const auto order = text_of(arena[arguments.items[3]]);
  const auto* axes = count == 5 ? item<PickleTuple>(arena, arguments, 4) : nullptr;
  if (data == nullptr || dtype == nullptr || shape == nullptr || !order) fault("calls _frombuffer with odd arguments");
  const bool permuted = *order == "K" && axes != nullptr;
  if (!permuted && *order != "C" && *order != "F") fault("calls _frombuffer with the order " + printable(*order));

  PickleArray array;
  array.array.dtype = *dtype;
  array.array.shape = sizes_of(arena, *shape);
  array.array.fortran = *order == "F";
  if (permuted) array.array.axes = sizes_of(arena, *axes);
  set_data(array, *data);
  return array;
}

PickleValue call_dtype(const PickleArena& arena, const PickleTuple& arguments) {
  const auto text = arguments.items.empty() ? std::nullopt : text_of(arena[arguments.items[0]]);
  if (!text || arguments.items.size() != 3) fault("calls dtype with odd arguments");
  const auto dtype = parse_numpy_dtype(*text);
  if (!dtype) fault(fmt::format("has an array of dtype '{}', neither float16/32/64 nor integers,", printable(*text)));
  return *dtype;
}

PickleValue call_encode(const PickleArena& arena, const PickleTuple& arguments) {
  const auto* text = arguments.items.size() == 2 ? item<PickleText>(arena, arguments, 0) : nullptr;
  const auto encoding = text == nullptr ? std::nullopt : text_of(arena[arguments.items[1]]);
  if (!encoding || (*encoding != "latin1" && *encoding != "latin-1")) fault("calls _codecs.encode for odd arguments");
  return PickleBinary{text->utf8, true, false};
}

void build_array(const PickleArena& arena, PickleArray& array, const PickleTuple& state) {
  if (array.built) fault("fills an array twice");
  if (state.items.size() != 5) fault(fmt::format("fills an array from {} items", state.items.size()));
  const auto* version = item<std::int64_t>(arena, state, 0);
  const auto* shape = item<PickleTuple>(arena, state, 1);
  const auto* dtype = item<NumpyDtype>(arena, state, 2);
  const auto fortran = flag_of(arena[state.items[3]]);
  const auto* data = item<PickleBinary>(arena, state, 4);
  if (version == nullptr || *version != 1) fault("has an array of an unknown version");
  if (shape == nullptr || dtype == nullptr || !fortran) fault("fills an array from odd items");
  if (data == nullptr) fault("has an array whose content is not bytes");
  array.array.dtype = *dtype;
  array.array.shape = sizes_of(arena, *shape);
  array.array.fortran = *fortran;
  set_data(array, *data);
}

void build_dtype(const PickleArena& arena, NumpyDtype& dtype, const PickleTuple& state) {
  const auto order = state.items.size() >= 8 ? text_of(arena[state.items[1]]) : std::nullopt;
  if (!order || order->size() != 1 || std::string_view("<>|=").find((*order)[0]) == std::string_view::npos) {
    fault("has a dtype without a byte order");
  }
  for (std::size_t i = 2; i < 5; ++i) {
    if (item<PickleNone>(arena, state, i) == nullptr) fault("has an array of structures");
  }
  // parse_numpy_dtype knows what each sign means.
  dtype.big_endian = parse_numpy_dtype(std::string(*order) + "f4")->big_endian;
}

}  // namespace

std::optional<PickleGlobal> find_global(std::string_view module, std::string_view name) {
  if (module == "_codecs" && name == "encode") return PickleGlobal::codecs_encode;
  const bool multiarray = module == "numpy.core.multiarray" || module == "numpy._core.multiarray";
  const bool numeric = module == "numpy.core.numeric" || module == "numpy._core.numeric";
  if (multiarray && name == "_reconstruct") return PickleGlobal::reconstruct;
  if (numeric && name == "_frombuffer") return PickleGlobal::frombuffer;
  if ((module == "numpy" || multiarray) && name == "ndarray") return PickleGlobal::ndarray;
  if ((module == "numpy" || multiarray) && name == "dtype") return PickleGlobal::dtype;
  return std::nullopt;
}

std::optional<std::string_view> text_of(const PickleValue& value) {
  if (const auto* text = std::get_if<PickleText>(&value)) return text->utf8;
  const auto* binary = std::get_if<PickleBinary>(&value);
  if (binary != nullptr && binary->python2_str) return binary->bytes;
  return std::nullopt;
}

PickleValue call_global(const PickleArena& arena, PickleGlobal global, const PickleTuple& arguments) {
  switch (global) {
    case PickleGlobal::reconstruct:
      return call_reconstruct(arena, arguments);
    case PickleGlobal::frombuffer:
      return call_frombuffer(arena, arguments);
    case PickleGlobal::dtype:
      return call_dtype(arena, arguments);
    case PickleGlobal::codecs_encode:
      return call_encode(arena, arguments);
    case PickleGlobal::ndarray:
      break;
  }
  fault("calls numpy.ndarray");
}

void build(const PickleArena& arena, PickleValue& object, const PickleTuple& state) {
  if (auto* array = std::get_if<PickleArray>(&object)) {
    build_array(arena, *array, state);
  } else if (auto* dtype = std::get_if<NumpyDtype>(&object)) {
    build_dtype(arena, *dtype, state);
  } else {
    fault("builds something other than an array");
  }
}

std::optional<std::string> encode_latin1(std::string_view utf8) {
  std::string bytes;
  for (std::size_t i = 0; i < utf8.size(); ++i) {
    const auto first = static_cast<unsigned char>(utf8[i]);
    if (first < 0x80U) {
      bytes += utf8[i];
      continue;
    }
    // U+0080 to U+00FF are C2 80 ... C3 BF; whatever else is there is no Latin-1 or no UTF-8.
    const auto second = ++i < utf8.size() ? static_cast<unsigned char>(utf8[i]) : 0U;
    if ((first != 0xC2U && first != 0xC3U) || (second & 0xC0U) != 0x80U) return std::nullopt;
    bytes += static_cast<char>((first & 0x03U) << 6U | (second & 0x3FU));
  }
  return bytes;
}

}  // namespace tally::io

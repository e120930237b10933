// What NumPy's pickles ask for: the allow-list of globals, and what calling and building with them means.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "io/pickle_value.hpp"

namespace tally::io {

/// The global of that module and name, where it is on the list:
///   numpy.core.multiarray._reconstruct, numpy.core.numeric._frombuffer, numpy.ndarray, numpy.dtype, with numpy._core
///   for numpy.core (NumPy 2), ndarray and dtype also under multiarray; _codecs.encode.
std::optional<PickleGlobal> find_global(std::string_view module, std::string_view name);

/// The characters of text, or of Python 2's str; nullopt for anything else.
std::optional<std::string_view> text_of(const PickleValue& value);

/// Thrown by the two functions below with what is wrong ("calls numpy.dtype with 'O8' ..."); the machine adds file and
/// byte.
struct PickleFault {
  std::string what;
};

/// REDUCE: global(*arguments).
///   _reconstruct(ndarray, (0,), b'b')                 an array that BUILD will fill
///   _frombuffer(bytes, dtype, shape, 'C' | 'F')       an array; also (..., shape, 'K', axes) of NumPy 2.3
///   dtype('f4', False, True)                          a type; its byte order comes with BUILD
///   encode(text, 'latin1')                            bytes
PickleValue call_global(const PickleArena& arena, PickleGlobal global, const PickleTuple& arguments);

/// BUILD: sets an array's content, state (1, shape, dtype, is_fortran, bytes), or a dtype's byte order, state
/// (3, '<', None, None, None, -1, -1, 0).
void build(const PickleArena& arena, PickleValue& object, const PickleTuple& state);

/// The bytes that _codecs.encode(utf8, 'latin1') gives; nullopt where that fails.
std::optional<std::string> encode_latin1(std::string_view utf8);

}  // namespace tally::io

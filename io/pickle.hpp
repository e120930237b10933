// NumPy arrays out of a Python pickle, by a parser that knows a fixed list of opcodes and executes nothing.
#pragma once

#include <string>
#include <vector>

#include "io/weight_list.hpp"

namespace tally::io {

/// Whether the bytes begin like a pickle of protocol 2 to 5.
bool looks_like_pickle(const std::string& bytes);

/// A pickled dict of str -> NumPy array of 1 to 3 dimensions, protocols 2 to 5, as NumPy 1 and 2 write them, C or
/// Fortran order, float16/32/64 or integers of either byte order. Allowed globals: _reconstruct and _frombuffer,
/// ndarray, dtype, (and for protocol 2 _codecs.encode applied to latin1 text) under numpy, numpy.core and numpy._core.
/// Anything else is an Error that names the file, the global or opcode and its byte offset. Sizes are checked against
/// the bytes that are there; memory is bounded by the file's size (times 4, where int8 becomes float32).
std::vector<NamedArray> read_pickle(const std::string& file, const std::string& bytes);

}  // namespace tally::io

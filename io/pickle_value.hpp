// The values a pickle of NumPy arrays is made of.
#pragma once

#include <cstdint>
#include <string_view>
#include <variant>
#include <vector>

#include "io/numpy_array.hpp"

namespace tally::io {

/// A value's place in the machine's arena. Containers hold places, not values: a pickle may refer to a value many
/// times, or a list to itself, and however deep they nest nothing here recurses.
using PickleRef = std::uint32_t;

/// The globals a pickle may name. Naming one runs nothing; see call_global.
enum class PickleGlobal { reconstruct, frombuffer, ndarray, dtype, codecs_encode };

struct PickleNone {};
struct PickleText {
  std::string_view utf8;
};
/// bytes, bytearray, or Python 2's str, which also serves as text.
struct PickleBinary {
  std::string_view bytes;
  /// The bytes are text in UTF-8 that _codecs.encode turns into Latin-1: how protocol 2 writes bytes.
  bool latin1_text = false;
  bool python2_str = false;
};
struct PickleTuple {
  std::vector<PickleRef> items;
};
struct PickleList {
  std::vector<PickleRef> items;
};
/// key, value, key, value ...
struct PickleDict {
  std::vector<PickleRef> items;
};
/// An array between _reconstruct and BUILD has no data yet.
struct PickleArray {
  NumpyArray array;
  PickleBinary data;
  bool built = false;
};

using PickleValue = std::variant<PickleNone, bool, std::int64_t, double, PickleText, PickleBinary, PickleTuple,
                                 PickleList, PickleDict, PickleGlobal, NumpyDtype, PickleArray>;

/// Every value of a pickle, by PickleRef.
using PickleArena = std::vector<PickleValue>;

}  // namespace tally::io

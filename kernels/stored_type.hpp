// The element types a dataset may be stored in; rows keep them until the network's input is packed.
#pragma once

#include <cstddef>
#include <string_view>

#include "kernels/types.hpp"

namespace tally {

/// All in native byte order (readers convert). float16 is IEEE binary16. Booleans are uint8 0 or 1.
enum class StoredType { uint8, int8, uint16, int16, uint32, int32, uint64, int64, float16, float32, float64 };

constexpr std::size_t size_of(StoredType type) {
  switch (type) {
    case StoredType::uint8:
    case StoredType::int8:
      return 1;
    case StoredType::uint16:
    case StoredType::int16:
    case StoredType::float16:
      return 2;
    case StoredType::uint32:
    case StoredType::int32:
    case StoredType::float32:
      return 4;
    case StoredType::uint64:
    case StoredType::int64:
    case StoredType::float64:
      return 8;
  }
  return 0;
}

/// NumPy's name of the type: "uint8", "float32", ...
constexpr std::string_view name_of(StoredType type) {
  constexpr std::string_view names[] = {"uint8",  "int8",  "uint16",  "int16",   "uint32", "int32",
                                        "uint64", "int64", "float16", "float32", "float64"};
  return names[static_cast<std::size_t>(type)];
}

}  // namespace tally

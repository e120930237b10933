// A NumPy array as a file holds it (type, shape, order, raw bytes), and its conversion to float32.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kernels/types.hpp"

namespace tally::io {

/// float16/32/64 or an integer of 1 to 8 bytes.
struct NumpyDtype {
  enum class Kind { floating, integer, unsigned_integer };
  Kind kind = Kind::floating;
  Index size = 4;  // bytes of one element
  bool big_endian = false;
};

/// "f4", "<f8", ">i2", "|u1" -> the type; nullopt for every other one (objects, structures, text, complex, bool ...).
std::optional<NumpyDtype> parse_numpy_dtype(std::string_view text);

struct NumpyArray {
  NumpyDtype dtype;
  /// Of the elements as they lie in `bytes`.
  std::vector<Index> shape;
  /// Whether the first index runs fastest.
  bool fortran = false;
  /// Empty, or the permutation of numpy.transpose that is applied last: axis i of the array is stored axis axes[i].
  std::vector<Index> axes;
  /// product(shape) * dtype.size bytes.
  std::string_view bytes;
};

/// The most dimensions a NumPy array can have.
inline constexpr std::size_t numpy_max_dimensions = 64;

/// What makes the array impossible: a negative size, a number of bytes other than the shape says (both are named), axes
/// that are no permutation. nullopt where nothing does. `byte_count` stands for bytes.size(), which may come later.
std::optional<std::string> numpy_array_fault(const NumpyArray& array, std::size_t byte_count);

/// The shape after `axes`.
std::vector<Index> shape_of(const NumpyArray& array);

/// The elements, row-major in shape_of(array). float64 and integers are rounded to nearest, ties to even; a float64
/// beyond float32 becomes infinite. Precondition: numpy_array_fault finds none.
std::vector<float> to_float32(const NumpyArray& array);

}  // namespace tally::io

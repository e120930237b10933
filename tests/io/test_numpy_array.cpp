// NumPy's types, orders and shapes as float32.
#include "io/numpy_array.hpp"

#include <gmock/gmock.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace tally::io {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

template <typename T>
std::vector<float> convert(const char* dtype, const std::vector<T>& values) {
  NumpyArray array;
  array.dtype = *parse_numpy_dtype(dtype);
  array.shape = {static_cast<Index>(values.size())};
  array.bytes = std::string_view(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
  EXPECT_FALSE(numpy_array_fault(array, array.bytes.size()));
  return to_float32(array);
}

TEST(NumpyArray, ParsesTheTypesItConverts) {
  for (const char* text : {"f2", "<f4", ">f8", "i1", "|u1", "=i4", "<u8"}) EXPECT_TRUE(parse_numpy_dtype(text)) << text;
  for (const char* text : {"", "f", "f1", "f3", "f16", "O", "O8", "b1", "c8", "U4", "V8", "M8", "<", "<<f4", "f4 "}) {
    EXPECT_FALSE(parse_numpy_dtype(text)) << text;
  }
  EXPECT_TRUE(parse_numpy_dtype(">f4")->big_endian);
  EXPECT_FALSE(parse_numpy_dtype("<f4")->big_endian);
}

TEST(NumpyArray, RoundsToNearestFloat32) {
  static_assert(std::endian::native == std::endian::little, "the expected bytes below are little-endian");
  EXPECT_THAT(convert<double>("<f8", {0.1, 1e300, -1e-300}),
              ElementsAre(0.1F, std::numeric_limits<float>::infinity(), -0.0F));
  EXPECT_THAT(convert<std::int64_t>("<i8", {16777217, 16777219, -1}), ElementsAre(16777216.0F, 16777220.0F, -1.0F));
  EXPECT_THAT(convert<std::uint64_t>("<u8", {~std::uint64_t{0}}), ElementsAre(0x1p64F));
  EXPECT_THAT(convert<std::int8_t>("i1", {-128, 127}), ElementsAre(-128.0F, 127.0F));
  EXPECT_THAT(convert<std::uint8_t>("u1", {255}), ElementsAre(255.0F));
  EXPECT_THAT(convert<std::uint16_t>("<f2", {0x3C00, 0xC000, 0x0001}), ElementsAre(1.0F, -2.0F, 0x1p-24F));
  EXPECT_THAT(convert<std::uint16_t>(">f2", {0x003C}), ElementsAre(1.0F));
  EXPECT_THAT(convert<std::uint32_t>(">i4", {0x02000000}), ElementsAre(2.0F));
  EXPECT_TRUE(std::isnan(convert<float>("<f4", {std::nanf("")})[0]));
}

// The product of the other sizes overflows, which only a sanitizer would notice.
TEST(NumpyArray, AZeroMakesAnEmptyArrayWhateverStandsBesideIt) {
  NumpyArray array;
  array.dtype = *parse_numpy_dtype("u1");
  array.shape = {0, Index{1} << 62, Index{1} << 62};
  EXPECT_FALSE(numpy_array_fault(array, 0));
  EXPECT_TRUE(to_float32(array).empty());
}

TEST(NumpyArray, OrdersBecomeRowMajor) {
  const std::vector<std::uint8_t> stored = {0, 1, 2, 3, 4, 5};
  NumpyArray array;
  array.dtype = *parse_numpy_dtype("u1");
  array.bytes = std::string_view(reinterpret_cast<const char*>(stored.data()), stored.size());
  array.shape = {2, 3};
  EXPECT_THAT(to_float32(array), ElementsAre(0, 1, 2, 3, 4, 5));
  array.fortran = true;
  EXPECT_THAT(to_float32(array), ElementsAre(0, 2, 4, 1, 3, 5));
  array.fortran = false;
  array.axes = {1, 0};
  EXPECT_THAT(shape_of(array), ElementsAre(3, 2));
  EXPECT_THAT(to_float32(array), ElementsAre(0, 3, 1, 4, 2, 5));
}

TEST(NumpyArray, ShapeMustFitTheBytes) {
  NumpyArray array;
  array.dtype = *parse_numpy_dtype("f4");
  array.shape = {2, 3};
  EXPECT_FALSE(numpy_array_fault(array, 24));
  EXPECT_THAT(*numpy_array_fault(array, 23), HasSubstr("24 bytes, but 23"));
  array.shape = {-1, -6};
  EXPECT_THAT(*numpy_array_fault(array, 24), HasSubstr("impossible"));
  array.shape = {std::numeric_limits<Index>::max(), 8};
  EXPECT_THAT(*numpy_array_fault(array, 24), HasSubstr("impossible"));
  array.shape = {0, 5};
  EXPECT_FALSE(numpy_array_fault(array, 0));
  array.shape.assign(65, 1);
  EXPECT_TRUE(numpy_array_fault(array, 4));
  array.shape = {2, 3};
  for (const std::vector<Index>& axes : {std::vector<Index>{0}, {0, 0}, {1, 2}, {-1, 0}}) {
    array.axes = axes;
    EXPECT_THAT(*numpy_array_fault(array, 24), HasSubstr("permutation"));
  }
}

}  // namespace
}  // namespace tally::io

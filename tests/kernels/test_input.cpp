// Rows of every stored type become the network's input by the rules, wherever they lie.
#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <random>
#include <vector>

#include "kernels/float16.hpp"
#include "tests/kernels/guarded_rows.hpp"
#include "tests/kernels/pack_input.hpp"
#include "tests/kernels/reference_network.hpp"

namespace tally {
namespace {

/// The same number, either zero; or both NaN.
bool same(float a, float b) { return a == b || (std::isnan(a) && std::isnan(b)); }

/// Packs and compares every element with its twin. Lanes of the last panel that have no row are its first one's.
void expect_twin(const StoredRows& rows, const InputTransform& transform, Index first, Index count, Index panel) {
  const Index panels = (count + panel - 1) / panel;
  const GuardedArray<float> x(panels * rows.inputs * panel);
  pack_input(rows, transform, first, count, panel, x.data());
  for (Index i = 0; i < panels * panel; ++i) {
    const Index row = first + (i < count ? i : i / panel * panel);
    for (Index j = 0; j < rows.inputs; ++j) {
      const float got = x.data()[(i / panel * rows.inputs + j) * panel + i % panel];
      const float expected = reference::input(rows, transform, row, j);
      ASSERT_TRUE(same(got, expected)) << name_of(rows.type) << " row " << row << " input " << j << " scale "
                                       << transform.scale << " offset " << transform.offset << ": " << got << ", not "
                                       << expected;
    }
  }
}

template <class T>
std::vector<std::byte> bytes_of(const std::vector<T>& values) {
  std::vector<std::byte> bytes(values.size() * sizeof(T));
  std::memcpy(bytes.data(), values.data(), bytes.size());
  return bytes;
}

template <class T>
float pack_one(T value, StoredType type, const InputTransform& transform) {
  float x = 0.0F;
  pack_input({reinterpret_cast<const std::byte*>(&value), type, 1, 1}, transform, 0, 1, 1, &x);
  return x;
}

/// Random bits are numbers of every size, NaN and infinities of the floating types included.
TEST(PackInput, EveryTypeAtEveryShapeAndAlignment) {
  std::mt19937_64 random(1);
  constexpr Index panels[] = {1, 2, 3, 4, 6, 8, 12, 16, 24, 32};
  const InputTransform transforms[] = {{1.0, 0.0}, {1.0 / 255.0, 0.0}, {0.1, -0.7}, {-3.0, 1e6}, {0.0, 2.0}};
  for (const StoredType type : all_stored_types) {
    for (const Index inputs : {1, 3, 8, 15, 16, 17, 24, 31, 32, 40}) {
      for (const Index count : {1, 2, 16, 33}) {
        const Index stored = count + 5;
        const std::size_t size = static_cast<std::size_t>(stored * inputs) * size_of(type);
        for (const std::size_t shift : {0U, 1U, 3U}) {
          std::vector<std::byte> memory(size + shift);
          for (std::byte& byte : memory) byte = static_cast<std::byte>(random());
          const StoredRows rows{memory.data() + shift, type, stored, inputs};
          const InputTransform& transform = transforms[random() % std::size(transforms)];
          const Index panel = panels[random() % std::size(panels)];
          expect_twin(rows, transform, static_cast<Index>(random() % 6), count, panel);
          if (HasFatalFailure()) return;
        }
      }
    }
  }
}

TEST(PackInput, NoRowsTouchNothing) {
  const float stored[2] = {1.0F, 2.0F};
  for (const StoredType type : all_stored_types) {
    expect_twin({reinterpret_cast<const std::byte*>(stored), type, 1, 1}, {}, 1, 0, 3);
  }
}

TEST(PackInput, SmallTypesExhaustively) {
  std::vector<std::uint8_t> codes(256);
  std::iota(codes.begin(), codes.end(), std::uint8_t{0});
  std::vector<std::uint16_t> words(65536);
  std::iota(words.begin(), words.end(), std::uint16_t{0});
  const auto code_bytes = bytes_of(codes);
  const auto word_bytes = bytes_of(words);
  for (const InputTransform& transform : {InputTransform{1.0, 0.0}, InputTransform{1.0 / 255.0, -0.5}}) {
    for (const StoredType type : {StoredType::uint8, StoredType::int8}) {
      expect_twin({code_bytes.data(), type, 256, 1}, transform, 0, 256, 16);
    }
    for (const StoredType type : {StoredType::uint16, StoredType::int16, StoredType::float16}) {
      expect_twin({word_bytes.data(), type, 65536, 1}, transform, 0, 65536, 32);
    }
  }
}

TEST(Float16, EveryValueIsWhatLdexpSays) {
  for (std::uint32_t code = 0; code < 65536; ++code) {
    const auto bits = static_cast<std::uint16_t>(code);
    const float got = float16_to_float(bits);
    const int exponent = (bits >> 10U) & 31;
    const int fraction = bits & 1023;
    ASSERT_EQ(std::signbit(got), (bits & 0x8000U) != 0) << code;
    if (exponent == 31) {
      ASSERT_TRUE(fraction == 0 ? std::isinf(got) : std::isnan(got)) << code;
    } else {
      const double expected = exponent == 0 ? std::ldexp(fraction, -24) : std::ldexp(1024 + fraction, exponent - 25);
      ASSERT_EQ(std::abs(static_cast<double>(got)), expected) << code;
    }
  }
}

/// One rounding at the end: a product that is rounded before the addition gives something else.
TEST(PackInput, ScaleAndOffsetAreFused) {
  // (1 + 2^-12)^2 - 1 = 2^-11 + 2^-24; the product alone rounds to 1 + 2^-11.
  const float x = 1.0F + 0x1p-12F;
  EXPECT_EQ(pack_one(x, StoredType::float32, {static_cast<double>(x), -1.0}), 0x1p-11F + 0x1p-24F);
}

/// Types of at most 24 bits see the scale in float32; wider ones see all of it.
TEST(PackInput, TheScaleIsRoundedOnceForNarrowTypesOnly) {
  const double third = 1.0 / 3.0;
  const float narrow = pack_one(std::uint16_t{60001}, StoredType::uint16, {third, 0.0});
  EXPECT_EQ(narrow, 60001.0F * static_cast<float>(third));
  const InputTransform fine{1.0 + 0x1p-30, -1.0};
  EXPECT_EQ(pack_one(1.0F, StoredType::float32, fine), 0.0F);  // the scale rounds to 1
  EXPECT_EQ(pack_one(1.0, StoredType::float64, fine), 0x1p-30F);
  EXPECT_EQ(pack_one(std::int32_t{1}, StoredType::int32, fine), 0x1p-30F);
  EXPECT_EQ(pack_one(std::uint64_t{1}, StoredType::uint64, fine), 0x1p-30F);
}

/// 2^24 + 1 is no float32: subtracting 2^24 first must leave 1.
TEST(PackInput, WideIntegersKeepTheirLowBits) {
  const InputTransform shift{1.0, -16777216.0};
  EXPECT_EQ(pack_one(std::int32_t{16777217}, StoredType::int32, shift), 1.0F);
  EXPECT_EQ(pack_one(std::uint32_t{16777217}, StoredType::uint32, shift), 1.0F);
  EXPECT_EQ(pack_one(std::int64_t{16777217}, StoredType::int64, shift), 1.0F);
  EXPECT_EQ(pack_one(std::uint64_t{16777217}, StoredType::uint64, shift), 1.0F);
  EXPECT_EQ(pack_one(16777217.0, StoredType::float64, shift), 1.0F);
  EXPECT_EQ(pack_one(std::numeric_limits<std::uint64_t>::max(), StoredType::uint64, {}), 0x1p64F);
  EXPECT_EQ(pack_one(std::numeric_limits<std::int64_t>::min(), StoredType::int64, {}), -0x1p63F);
}

TEST(PackInput, NanAndInfinityPassThrough) {
  const InputTransform transform{2.0, 1.0};
  const float inf = std::numeric_limits<float>::infinity();
  const double wide_inf = std::numeric_limits<double>::infinity();
  EXPECT_TRUE(std::isnan(pack_one(std::nanf(""), StoredType::float32, transform)));
  EXPECT_TRUE(std::isnan(pack_one(std::nan(""), StoredType::float64, transform)));
  EXPECT_TRUE(std::isnan(pack_one(std::uint16_t{0x7e01}, StoredType::float16, transform)));
  EXPECT_EQ(pack_one(-inf, StoredType::float32, transform), -inf);
  EXPECT_EQ(pack_one(wide_inf, StoredType::float64, transform), inf);
  EXPECT_EQ(pack_one(std::uint16_t{0xfc00}, StoredType::float16, transform), -inf);
  EXPECT_EQ(pack_one(1e300, StoredType::float64, transform), inf);  // beyond float32
}

}  // namespace
}  // namespace tally

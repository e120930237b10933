// The checksum: HDF5's to the bit, at every length and for the sums that its folding treats in its own way.
#include "io/fletcher32.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "reference_chunks.hpp"

namespace tally::io {
namespace {

TEST(Fletcher32, EqualsItsDefinitionAtEveryLength) {
  const std::vector<std::byte> bytes = reference::some_bytes(100'000, 1);
  for (std::size_t length = 0; length < 400; ++length)
    ASSERT_EQ(fletcher32(std::span(bytes).first(length)), reference::fletcher32(std::span(bytes).first(length)));
  for (const std::size_t length : {23'039u, 23'040u, 23'041u, 23'104u, 46'080u, 99'999u, 100'000u})
    for (const std::size_t begin : {0u, 1u}) {
      const auto part = std::span(bytes).subspan(begin, length - begin);
      ASSERT_EQ(fletcher32(part), reference::fletcher32(part)) << length;
    }
}

TEST(Fletcher32, EqualsItsDefinitionWhereSumsAreMultiplesOf65535) {
  for (const std::size_t length : {0u, 1u, 2u, 3u, 64u, 131'070u, 131'071u, 300'000u})
    for (const int filling : {0x00, 0xFF, 0x80, 0x01}) {
      std::vector<std::byte> bytes(length, static_cast<std::byte>(filling));
      ASSERT_EQ(fletcher32(bytes), reference::fletcher32(bytes)) << length << " of " << filling;
      std::fill(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(length / 2), std::byte{0});
      ASSERT_EQ(fletcher32(bytes), reference::fletcher32(bytes)) << length << " half zero";
    }
}

TEST(Fletcher32, IsAcceptedOfWordsInEitherByteOrder) {
  std::vector<std::byte> bytes = reference::some_bytes(1001, 2);
  const std::uint32_t sum = reference::fletcher32(bytes);
  for (const int shift : {0, 8, 16, 24}) bytes.push_back(static_cast<std::byte>(sum >> shift));
  EXPECT_TRUE(ends_in_fletcher32(bytes));
  std::swap(bytes[1001], bytes[1002]);
  EXPECT_FALSE(ends_in_fletcher32(bytes));
  std::swap(bytes[1003], bytes[1004]);
  EXPECT_TRUE(ends_in_fletcher32(bytes));
  std::reverse(bytes.end() - 4, bytes.end());
  EXPECT_FALSE(ends_in_fletcher32(bytes));
  EXPECT_FALSE(ends_in_fletcher32(std::span(bytes).first(3)));
  EXPECT_TRUE(ends_in_fletcher32(std::vector<std::byte>(4)));
}

}  // namespace
}  // namespace tally::io

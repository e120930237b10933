// Unshuffling: every element size, every length, any part.
#include "io/shuffle.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "reference_chunks.hpp"

namespace tally::io {
namespace {

TEST(Shuffle, IsUndoneForEverySizeAndLength) {
  for (const std::size_t size : {1u, 2u, 3u, 4u, 5u, 7u, 8u, 16u})
    for (std::size_t length = 0; length < 300; ++length) {
      const std::vector<std::byte> bytes = reference::some_bytes(length, 3);
      const std::vector<std::byte> shuffled = reference::shuffle(bytes, size);
      std::vector<std::byte> out(length);
      unshuffle(shuffled, size, out);
      ASSERT_EQ(out, bytes) << size << " " << length;
      ASSERT_EQ(reference::unshuffle(shuffled, size), bytes);
    }
}

TEST(Shuffle, IsUndoneForAnyPart) {
  for (const std::size_t size : {1u, 2u, 3u, 4u, 8u}) {
    const std::vector<std::byte> bytes = reference::some_bytes(100 * size + size / 2, 4);
    const std::vector<std::byte> shuffled = reference::shuffle(bytes, size);
    for (const std::size_t first : {0u, 1u, 33u, 99u, 100u})
      for (std::size_t count = 0; first + count <= 100; ++count) {
        std::vector<std::byte> out(count * size);
        unshuffle(shuffled, size, first, count, out.data());
        const auto begin = bytes.begin() + static_cast<std::ptrdiff_t>(first * size);
        ASSERT_EQ(out, std::vector<std::byte>(begin, begin + static_cast<std::ptrdiff_t>(count * size)));
      }
  }
}

}  // namespace
}  // namespace tally::io

// Inflating: exactly as many bytes as are wanted, or what is wrong. The same words from either library.
#include "io/inflate.hpp"

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "reference_chunks.hpp"

namespace tally::io {
namespace {

InflateResult result_of(const std::vector<std::byte>& stream, std::size_t bytes) {
  Inflater inflater;
  std::vector<std::byte> out(bytes);
  return inflater.inflate(stream, out);
}

TEST(Inflate, GivesBackWhatWasDeflatedTimeAndAgain) {
  Inflater inflater;
  for (const std::size_t length : {1u, 2u, 100u, 1000u, 802'816u}) {
    const std::vector<std::byte> bytes = reference::some_bytes(length, 5);
    std::vector<std::byte> out(length);
    EXPECT_EQ(inflater.inflate(reference::deflate(bytes), out), InflateResult::complete);
    EXPECT_EQ(out, bytes);
  }
  Inflater moved = std::move(inflater);
  std::vector<std::byte> out(3);
  EXPECT_EQ(moved.inflate(reference::deflate(std::vector<std::byte>(3)), out), InflateResult::complete);
}

TEST(Inflate, TellsWhatIsWrong) {
  const std::vector<std::byte> bytes = reference::some_bytes(1000, 6);
  const std::vector<std::byte> stream = reference::deflate(bytes);
  EXPECT_EQ(result_of(stream, 1000), InflateResult::complete);
  EXPECT_EQ(result_of(stream, 1001), InflateResult::too_short);
  EXPECT_EQ(result_of(stream, 999), InflateResult::too_long);
  std::vector<std::byte> longer = stream;
  longer.resize(stream.size() + 7);
  EXPECT_EQ(result_of(longer, 1000), InflateResult::complete);
  for (std::size_t length = 0; length < stream.size(); ++length)
    EXPECT_NE(result_of({stream.begin(), stream.begin() + static_cast<std::ptrdiff_t>(length)}, 1000),
              InflateResult::complete)
        << length;
  std::vector<std::byte> wrong_sum = stream;
  wrong_sum.back() ^= std::byte{1};
  EXPECT_EQ(result_of(wrong_sum, 1000), InflateResult::damaged);
}

TEST(Inflate, WorksAfterADamagedStream) {
  const std::vector<std::byte> bytes = reference::some_bytes(1000, 7);
  std::vector<std::byte> damaged = reference::deflate(bytes);
  damaged[damaged.size() / 2] ^= std::byte{0x40};
  Inflater inflater;
  std::vector<std::byte> out(1000);
  EXPECT_NE(inflater.inflate(damaged, out), InflateResult::complete);
  EXPECT_EQ(inflater.inflate(reference::deflate(bytes), out), InflateResult::complete);
  EXPECT_EQ(out, bytes);
}

}  // namespace
}  // namespace tally::io

#include "io/fletcher32.hpp"

#include <algorithm>
#include <cstring>

namespace tally::io {
namespace {

constexpr std::uint64_t modulus = 65535;
constexpr std::size_t lanes = 32;
constexpr std::size_t word_bytes = 2;
// 65535 n (n + 1) / 2 stays below 2^32.
constexpr std::size_t most_steps = 360;

/// Both sums of words in whatever byte order, modulo 65535, as any representative.
struct Sums {
  std::uint64_t first = 0;
  std::uint64_t second = 0;

  void add(std::uint64_t word) {
    first = (first + word) % modulus;
    second = (second + first) % modulus;
  }

  /// `steps` times `lanes` words. Each lane sums up its own words; what a word counts for in the sum of sums follows
  /// from its lane: word l of step r is followed by itself and (steps - r) lanes - l - 1 others.
  void add_lanes(const std::byte* bytes, std::size_t steps) {
    std::uint32_t sum[lanes] = {};
    std::uint32_t sum_of_sums[lanes] = {};
    for (std::size_t r = 0; r < steps; ++r) {
      std::uint16_t words[lanes];
      std::memcpy(words, bytes + r * sizeof words, sizeof words);
      for (std::size_t l = 0; l < lanes; ++l) sum[l] += words[l];
      for (std::size_t l = 0; l < lanes; ++l) sum_of_sums[l] += sum[l];
    }
    second += steps * lanes * first;
    for (std::size_t l = 0; l < lanes; ++l) {
      first += sum[l];
      second += lanes * std::uint64_t{sum_of_sums[l]} - l * std::uint64_t{sum[l]};
    }
    first %= modulus;
    second %= modulus;
  }
};

std::uint16_t native_word(const std::byte* bytes) {
  std::uint16_t word = 0;
  std::memcpy(&word, bytes, sizeof word);
  return word;
}

bool all_zero(std::span<const std::byte> bytes) {
  return std::all_of(bytes.begin(), bytes.end(), [](std::byte byte) { return byte == std::byte{0}; });
}

/// What HDF5's folding of carries leaves of a sum over `bytes`: never 0, unless all of them are.
std::uint32_t folded(std::uint64_t sum, std::span<const std::byte> bytes) {
  const std::uint64_t rest = sum % modulus;
  return static_cast<std::uint32_t>(rest != 0 || all_zero(bytes) ? rest : modulus);
}

/// The checksum of words in the other byte order.
constexpr std::uint32_t other_order(std::uint32_t sums) { return (sums >> 8 & 0x00FF00FF) | (sums << 8 & 0xFF00FF00); }

}  // namespace

std::uint32_t fletcher32(std::span<const std::byte> bytes) {
  Sums sums;
  const std::byte* next = bytes.data();
  std::size_t words = bytes.size() / word_bytes;
  while (words >= lanes) {
    const std::size_t steps = std::min(words / lanes, most_steps);
    sums.add_lanes(next, steps);
    next += steps * lanes * word_bytes;
    words -= steps * lanes;
  }
  for (; words > 0; --words, next += word_bytes) sums.add(native_word(next));
  if (bytes.size() % 2 != 0) {
    const std::byte padded[word_bytes] = {*next, std::byte{0}};
    sums.add(native_word(padded));
  }
  // Modulo 65535 swapping the bytes of a word is multiplying by 256, so sums of swapped words are swapped sums.
  const std::uint16_t one = 1;
  std::byte first_byte{};
  std::memcpy(&first_byte, &one, 1);
  const std::uint64_t factor = first_byte == std::byte{1} ? 256 : 1;
  return folded(sums.second * factor, bytes) << 16 | folded(sums.first * factor, bytes);
}

bool ends_in_fletcher32(std::span<const std::byte> bytes) {
  if (bytes.size() < sizeof(std::uint32_t)) return false;
  const std::size_t length = bytes.size() - sizeof(std::uint32_t);
  std::uint32_t stored = 0;
  for (std::size_t i = bytes.size(); i-- > length;) stored = stored << 8 | std::to_integer<std::uint32_t>(bytes[i]);
  const std::uint32_t computed = fletcher32(bytes.first(length));
  return stored == computed || stored == other_order(computed);
}

}  // namespace tally::io

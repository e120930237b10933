#include "reference_chunks.hpp"

#include <zlib.h>

#include <random>
#include <stdexcept>

namespace tally::io::reference {
namespace {

void add(std::uint32_t& sum, std::uint32_t value) {
  sum += value;
  sum = (sum & 0xFFFF) + (sum >> 16);
}

}  // namespace

std::uint32_t fletcher32(std::span<const std::byte> bytes) {
  std::uint32_t first = 0;
  std::uint32_t second = 0;
  for (std::size_t i = 0; i < bytes.size(); i += 2) {
    const auto high = std::to_integer<std::uint32_t>(bytes[i]);
    const auto low = i + 1 < bytes.size() ? std::to_integer<std::uint32_t>(bytes[i + 1]) : 0;
    add(first, high << 8 | low);
    add(second, first);
  }
  return second << 16 | first;
}

std::vector<std::byte> shuffle(std::span<const std::byte> bytes, std::size_t element_bytes) {
  std::vector<std::byte> result(bytes.begin(), bytes.end());
  const std::size_t elements = bytes.size() / element_bytes;
  for (std::size_t i = 0; i < elements; ++i)
    for (std::size_t k = 0; k < element_bytes; ++k) result[k * elements + i] = bytes[i * element_bytes + k];
  return result;
}

std::vector<std::byte> unshuffle(std::span<const std::byte> bytes, std::size_t element_bytes) {
  std::vector<std::byte> result(bytes.begin(), bytes.end());
  const std::size_t elements = bytes.size() / element_bytes;
  for (std::size_t i = 0; i < elements; ++i)
    for (std::size_t k = 0; k < element_bytes; ++k) result[i * element_bytes + k] = bytes[k * elements + i];
  return result;
}

std::vector<std::byte> deflate(std::span<const std::byte> bytes) {
  uLongf length = compressBound(bytes.size());
  std::vector<std::byte> result(length);
  if (compress2(reinterpret_cast<Bytef*>(result.data()), &length, reinterpret_cast<const Bytef*>(bytes.data()),
                bytes.size(), 4) != Z_OK)
    throw std::runtime_error("zlib cannot compress");
  result.resize(length);
  return result;
}

std::vector<std::byte> some_bytes(std::size_t count, unsigned seed) {
  std::mt19937 random(seed);
  std::vector<std::byte> bytes(count);
  for (std::byte& byte : bytes) {
    const unsigned value = random() % 512;
    byte = static_cast<std::byte>(value < 256 ? value : 0);
  }
  return bytes;
}

}  // namespace tally::io::reference

#include "io/shuffle.hpp"

#include <cstring>

namespace tally::io {
namespace {

/// With the size known the compiler interleaves whole vectors of bytes.
template <std::size_t size>
void interleave(const std::byte* __restrict planes, std::size_t plane_bytes, std::size_t count,
                std::byte* __restrict out) {
  for (std::size_t i = 0; i < count; ++i)
    for (std::size_t k = 0; k < size; ++k) out[i * size + k] = planes[k * plane_bytes + i];
}

void interleave(const std::byte* planes, std::size_t plane_bytes, std::size_t count, std::byte* out, std::size_t size) {
  for (std::size_t k = 0; k < size; ++k)
    for (std::size_t i = 0; i < count; ++i) out[i * size + k] = planes[k * plane_bytes + i];
}

}  // namespace

void unshuffle(std::span<const std::byte> shuffled, std::size_t element_bytes, std::size_t first, std::size_t count,
               std::byte* out) {
  const std::size_t plane_bytes = shuffled.size() / element_bytes;
  const std::byte* planes = shuffled.data() + first;
  switch (element_bytes) {
    case 1:
      if (count != 0) std::memcpy(out, planes, count);
      return;
    case 2:
      return interleave<2>(planes, plane_bytes, count, out);
    case 4:
      return interleave<4>(planes, plane_bytes, count, out);
    case 8:
      return interleave<8>(planes, plane_bytes, count, out);
    default:
      return interleave(planes, plane_bytes, count, out, element_bytes);
  }
}

void unshuffle(std::span<const std::byte> shuffled, std::size_t element_bytes, std::span<std::byte> out) {
  const std::size_t elements = shuffled.size() / element_bytes;
  unshuffle(shuffled, element_bytes, 0, elements, out.data());
  const std::size_t done = elements * element_bytes;
  if (done < shuffled.size()) std::memcpy(out.data() + done, shuffled.data() + done, shuffled.size() - done);
}

}  // namespace tally::io

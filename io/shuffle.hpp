// Undoing HDF5's shuffle filter.
#pragma once

#include <cstddef>
#include <span>

namespace tally::io {

/// `shuffled` holds the first bytes of all its elements, then their second bytes, and so on; what is no whole element
/// at the end is left as it is. Writes elements [first, first + count) in their ordinary form to `out`, which has
/// count * element_bytes bytes and does not overlap `shuffled`. They must exist, and element_bytes be positive.
void unshuffle(std::span<const std::byte> shuffled, std::size_t element_bytes, std::size_t first, std::size_t count,
               std::byte* out);

/// All of it, trailing bytes included; `out` is as long.
void unshuffle(std::span<const std::byte> shuffled, std::size_t element_bytes, std::span<std::byte> out);

}  // namespace tally::io

// Slow twins of what undoes HDF5's filters, written from their definitions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace tally::io::reference {

/// H5_checksum_fletcher32: word by word, carries folded at every step.
std::uint32_t fletcher32(std::span<const std::byte> bytes);

/// HDF5's shuffle and its inverse; what is no whole element stays where it is.
std::vector<std::byte> shuffle(std::span<const std::byte> bytes, std::size_t element_bytes);
std::vector<std::byte> unshuffle(std::span<const std::byte> bytes, std::size_t element_bytes);

/// In the zlib container.
std::vector<std::byte> deflate(std::span<const std::byte> bytes);

/// Pseudo-random bytes, of which about half are zero.
std::vector<std::byte> some_bytes(std::size_t count, unsigned seed);

}  // namespace tally::io::reference

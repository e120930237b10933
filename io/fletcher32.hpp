// The checksum that HDF5's fletcher32 filter appends to a chunk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace tally::io {

/// Fletcher's checksum as HDF5 defines it (H5_checksum_fletcher32): 16-bit words, big-endian, an odd last byte being
/// the high half of one; sums modulo 65535, in which a sum of nothing but zeros is 0 and any other multiple of 65535 is
/// 65535; the sum of sums in the high half.
std::uint32_t fletcher32(std::span<const std::byte> bytes);

/// Whether the last four bytes are the checksum of those before them, little-endian; or that of words in the other byte
/// order, which HDF5 before 1.6.3 stored on little-endian machines: both of its halves are then swapped. False for
/// fewer than four bytes.
bool ends_in_fletcher32(std::span<const std::byte> bytes);

}  // namespace tally::io

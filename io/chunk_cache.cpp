#include "io/chunk_cache.hpp"

#include <algorithm>
#include <bit>
#include <limits>

namespace tally::io {
namespace {

// What libhdf5 1.10 keeps about a chunk in the cache (mostly its 33 coordinates), as malloc rounds it up, and its share
// of slots.
constexpr std::uint64_t entry_bytes = 640;
constexpr std::uint64_t slots_per_chunk = 10;
constexpr std::uint64_t most_slots = std::uint64_t{1} << 22;

std::uint64_t product(std::uint64_t a, std::uint64_t b) {
  constexpr std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  return b != 0 && a > most / b ? most : a * b;
}

bool is_prime(std::uint64_t number) {
  for (std::uint64_t factor = 2; factor * factor <= number; ++factor)
    if (number % factor == 0) return false;
  return true;
}

std::size_t next_prime(std::uint64_t number) {
  while (!is_prime(number)) ++number;
  return number;
}

/// libhdf5 throws a chunk out when another one falls into its slot. It numbers chunks as if there were a power of two
/// of them in each dimension of a row; slots for two bands of these numbers keep a band, and the beginning of the next,
/// apart.
std::uint64_t numbers_of_two_bands(const CachedChunks& chunks) {
  std::uint64_t numbers = 2;
  for (const Index count : chunks.chunk_counts)
    numbers = product(numbers, std::bit_ceil(static_cast<std::uint64_t>(count)));
  return numbers;
}

}  // namespace

ChunkCache plan_chunk_cache(const CachedChunks& chunks, std::uint64_t limit) {
  ChunkCache cache;
  if (chunks.whole_rows && !chunks.filtered) return cache;
  std::uint64_t band = 1;
  for (const Index count : chunks.chunk_counts) band = product(band, static_cast<std::uint64_t>(count));
  const std::uint64_t each = chunks.chunk_bytes + entry_bytes;
  const std::uint64_t room = std::max<std::uint64_t>(limit / each, 1);
  cache.whole_bands = room >= band;
  const std::uint64_t held = cache.whole_bands ? std::min(band + 1, room) : 1;
  cache.bytes = held * chunks.chunk_bytes;
  const std::uint64_t apart = cache.whole_bands ? numbers_of_two_bands(chunks) : 0;
  cache.slots = next_prime(std::min(std::max(slots_per_chunk * held, apart), most_slots));
  cache.held_bytes = held * each + cache.slots * sizeof(void*);
  // As stored and inflated, or inflated and unshuffled.
  if (chunks.filtered) cache.decoding_bytes = 2 * chunks.chunk_bytes;
  return cache;
}

ChunkCache plan_chunk_cache(std::span<const CachedChunks> sources, std::uint64_t limit) {
  ChunkCache all;
  std::uint64_t largest = 0;
  for (const CachedChunks& source : sources) {
    const ChunkCache one = plan_chunk_cache(source, limit);
    all.bytes = std::max(all.bytes, one.bytes);
    all.slots = std::max(all.slots, one.slots);
    all.decoding_bytes = std::max(all.decoding_bytes, one.decoding_bytes);
    all.whole_bands = all.whole_bands && one.whole_bands;
    largest = std::max(largest, one.held_bytes);
  }
  for (const CachedChunks& source : sources) {
    if (source.chunk_bytes > all.bytes) continue;
    const std::uint64_t chunks = source.decoded_bytes / source.chunk_bytes;
    all.held_bytes += std::min(largest, source.decoded_bytes + chunks * entry_bytes) + all.slots * sizeof(void*);
  }
  return all;
}

}  // namespace tally::io

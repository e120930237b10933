// Inflating what HDF5's deflate filter wrote: with libdeflate where the build has it, else with zlib.
#pragma once

#include <cstddef>
#include <memory>
#include <span>

namespace tally::io {

enum class InflateResult { complete, damaged, too_short, too_long };

/// Inflates streams in the zlib container. Keeps the library's state (some ten KiB, taken at first use) from one stream
/// to the next; one per thread.
class Inflater {
 public:
  Inflater();
  ~Inflater();
  Inflater(Inflater&&) noexcept;
  Inflater& operator=(Inflater&&) noexcept;

  /// `complete` where exactly out.size() bytes came out and their checksum is right; else what is wrong: the stream is
  /// `damaged`, or its end came before (`too_short`) or after (`too_long`) the end of `out`, whose content is then
  /// undefined. What follows the stream's end in `in` is ignored, as libhdf5 does. Error where memory fails.
  InflateResult inflate(std::span<const std::byte> in, std::span<std::byte> out);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tally::io

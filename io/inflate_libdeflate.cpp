#include <libdeflate.h>

#include "io/inflate.hpp"
#include "kernels/types.hpp"

namespace tally::io {

struct Inflater::State {
  libdeflate_decompressor* decompressor = libdeflate_alloc_decompressor();

  State() {
    if (!decompressor) throw Error("libdeflate: out of memory");
  }
  ~State() { libdeflate_free_decompressor(decompressor); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

Inflater::Inflater() = default;
Inflater::~Inflater() = default;
Inflater::Inflater(Inflater&&) noexcept = default;
Inflater& Inflater::operator=(Inflater&&) noexcept = default;

InflateResult Inflater::inflate(std::span<const std::byte> in, std::span<std::byte> out) {
  if (!state_) state_ = std::make_unique<State>();
  switch (libdeflate_zlib_decompress(state_->decompressor, in.data(), in.size(), out.data(), out.size(), nullptr)) {
    case LIBDEFLATE_SUCCESS:
      return InflateResult::complete;
    case LIBDEFLATE_SHORT_OUTPUT:
      return InflateResult::too_short;
    case LIBDEFLATE_INSUFFICIENT_SPACE:
      return InflateResult::too_long;
    default:
      return InflateResult::damaged;
  }
}

}  // namespace tally::io

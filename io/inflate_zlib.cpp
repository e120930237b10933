#include <zlib.h>

#include <algorithm>
#include <limits>

#include "io/inflate.hpp"
#include "kernels/types.hpp"

namespace tally::io {
namespace {

/// zlib counts in 32 bits: as much of `size` as it takes at once.
uInt at_once(std::size_t size) {
  return static_cast<uInt>(std::min<std::size_t>(size, std::numeric_limits<uInt>::max()));
}

}  // namespace

struct Inflater::State {
  z_stream stream{};

  State() {
    if (inflateInit(&stream) != Z_OK) throw Error("zlib: out of memory");
  }
  ~State() { inflateEnd(&stream); }
  State(const State&) = delete;
  State& operator=(const State&) = delete;
};

Inflater::Inflater() = default;
Inflater::~Inflater() = default;
Inflater::Inflater(Inflater&&) noexcept = default;
Inflater& Inflater::operator=(Inflater&&) noexcept = default;

InflateResult Inflater::inflate(std::span<const std::byte> in, std::span<std::byte> out) {
  if (!state_) state_ = std::make_unique<State>();
  z_stream& stream = state_->stream;
  if (inflateReset(&stream) != Z_OK) return InflateResult::damaged;
  std::size_t taken = 0;
  std::size_t given = 0;
  // One byte more than is wanted shows a stream that goes on.
  Bytef beyond = 0;
  for (;;) {
    const uInt available_in = at_once(in.size() - taken);
    const bool full = given == out.size();
    const uInt available_out = full ? 1 : at_once(out.size() - given);
    stream.next_in = const_cast<Bytef*>(reinterpret_cast<const Bytef*>(in.data() + taken));
    stream.avail_in = available_in;
    stream.next_out = full ? &beyond : reinterpret_cast<Bytef*>(out.data() + given);
    stream.avail_out = available_out;
    const int status = ::inflate(&stream, Z_NO_FLUSH);
    taken += available_in - stream.avail_in;
    const std::size_t produced = available_out - stream.avail_out;
    if (full && produced > 0) return InflateResult::too_long;
    given += produced;
    if (status == Z_STREAM_END) return given == out.size() ? InflateResult::complete : InflateResult::too_short;
    if (status == Z_MEM_ERROR) throw Error("zlib: out of memory");
    // No progress (Z_BUF_ERROR) means that the input ends before its stream does.
    if (status != Z_OK) return InflateResult::damaged;
  }
}

}  // namespace tally::io

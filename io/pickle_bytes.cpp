#include "io/pickle_bytes.hpp"

#include <fmt/format.h>

#include "kernels/types.hpp"

namespace tally::io {

std::string printable(std::string_view text) {
  constexpr std::size_t longest = 100;
  std::string line;
  for (const char c : text.substr(0, longest)) {
    if (c >= ' ' && c <= '~') {
      line += c;
    } else {
      line += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    }
  }
  return text.size() > longest ? line + "..." : line;
}

std::string_view PickleBytes::take(std::uint64_t n) {
  if (n > left()) fail(position_, fmt::format("ends too early: {} bytes are needed, {} are left", n, left()));
  const std::string_view taken = bytes_.substr(position_, static_cast<std::size_t>(n));
  position_ += taken.size();
  return taken;
}

std::uint64_t PickleBytes::take_unsigned(std::size_t size) {
  const std::string_view raw = take(size);
  std::uint64_t number = 0;
  for (std::size_t i = size; i-- > 0;) number = number << 8U | static_cast<unsigned char>(raw[i]);
  return number;
}

std::string_view PickleBytes::take_line() {
  const std::size_t end = bytes_.find('\n', position_);
  if (end == std::string_view::npos) fail(position_, "ends too early: a name without an end");
  const std::string_view line = bytes_.substr(position_, end - position_);
  position_ = end + 1;
  return line;
}

void PickleBytes::fail(std::size_t offset, const std::string& what) const {
  throw Error(fmt::format("{}: the pickle {} at byte {}", file_, what, offset));
}

void PickleBytes::refuse(std::size_t offset, const std::string& what) const {
  throw Error(fmt::format("{}: the pickle {} at byte {}; only NumPy arrays are read", file_, what, offset));
}

}  // namespace tally::io

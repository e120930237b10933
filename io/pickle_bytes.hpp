// A cursor over the bytes of a pickle that never leaves them, and the errors that name the place.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tally::io {

/// Text out of a file, fit for one line of an error message: bytes that are not printable ASCII become \xNN, and what
/// is longer than 100 bytes is cut.
std::string printable(std::string_view text);

/// Both arguments of the constructor must outlive the cursor.
class PickleBytes {
 public:
  PickleBytes(const std::string& file, std::string_view bytes) : file_(file), bytes_(bytes) {}

  std::size_t position() const { return position_; }
  std::size_t left() const { return bytes_.size() - position_; }

  /// The next n bytes. Error where fewer are left.
  std::string_view take(std::uint64_t n);
  /// The next `size` bytes (at most 8) as a little-endian number.
  std::uint64_t take_unsigned(std::size_t size);
  std::int32_t take_int32() { return static_cast<std::int32_t>(static_cast<std::uint32_t>(take_unsigned(4))); }
  /// The bytes up to the next newline, which is skipped.
  std::string_view take_line();

  /// Error "FILE: the pickle WHAT at byte OFFSET".
  [[noreturn]] void fail(std::size_t offset, const std::string& what) const;
  /// The same with "; only NumPy arrays are read" at the end.
  [[noreturn]] void refuse(std::size_t offset, const std::string& what) const;

 private:
  const std::string& file_;
  std::string_view bytes_;
  std::size_t position_ = 0;
};

}  // namespace tally::io

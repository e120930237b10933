// SHA-256 (FIPS 180-4), so that a report can say which file it was made from.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace tally::io {

/// The digest of a message that arrives in pieces.
class Sha256 {
 public:
  void update(std::string_view bytes);
  /// 64 lower-case hex digits. Ends the message: call it once.
  std::string finish();

 private:
  void compress(const unsigned char* block);

  std::array<std::uint32_t, 8> state_{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                      0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  std::array<unsigned char, 64> block_{};
  std::size_t filled_ = 0;    // bytes of block_ that wait for the rest
  std::uint64_t length_ = 0;  // bytes of the message so far
};

/// 64 lower-case hex digits.
std::string sha256(std::string_view bytes);

}  // namespace tally::io

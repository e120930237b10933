// SHA-256 (FIPS 180-4), so that a report can say which file it was made from.
#pragma once

#include <string>
#include <string_view>

namespace tally::io {

/// 64 lower-case hex digits.
std::string sha256(std::string_view bytes);

}  // namespace tally::io

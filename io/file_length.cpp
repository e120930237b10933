#include "io/file_length.hpp"

#include <filesystem>
#include <system_error>
#include <utility>

#include "kernels/types.hpp"

namespace tally::io {
namespace {

std::uint64_t length_of(const std::string& file) {
  std::error_code code;
  const std::uintmax_t bytes = std::filesystem::file_size(file, code);
  if (code) throw Error(file + ": " + code.message());
  return bytes;
}

}  // namespace

FileLength::FileLength(std::string file) : file_(std::move(file)), bytes_(length_of(file_)) {}

void FileLength::check() const {
  const std::uint64_t now = length_of(file_);
  if (now < bytes_) {
    throw Error(file_ + ": was truncated while it was read: " + std::to_string(now) + " bytes of " +
                std::to_string(bytes_));
  }
}

}  // namespace tally::io

#include "io/idx_reader.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <zlib.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <filesystem>
#include <optional>
#include <system_error>

namespace tally::io {
namespace {

constexpr std::size_t most_dimensions = 32;  // HDF5's limit

/// The header hides zlib behind a void*.
gzFile gzip(void* stream) { return static_cast<gzFile>(stream); }

std::optional<StoredType> type_of_code(unsigned code) {
  switch (code) {
    case 0x08:
      return StoredType::uint8;
    case 0x09:
      return StoredType::int8;
    case 0x0B:
      return StoredType::int16;
    case 0x0C:
      return StoredType::int32;
    case 0x0D:
      return StoredType::float32;
    case 0x0E:
      return StoredType::float64;
    default:
      return std::nullopt;
  }
}

void reverse_elements(std::span<std::byte> bytes, std::size_t size) {
  for (std::size_t at = 0; at + size <= bytes.size(); at += size) {
    const auto element = bytes.subspan(at, size);
    std::reverse(element.begin(), element.end());
  }
}

std::uint64_t regular_file_length(const std::string& file) {
  std::error_code error;
  const auto status = std::filesystem::status(file, error);
  if (error) throw Error(fmt::format("{}: {}", file, error.message()));
  if (!std::filesystem::is_regular_file(status)) throw Error(fmt::format("{}: is no regular file", file));
  const std::uint64_t length = std::filesystem::file_size(file, error);
  if (error) throw Error(fmt::format("{}: {}", file, error.message()));
  return length;
}

}  // namespace

Index IdxHeader::row_elements() const {
  Index elements = 1;
  for (std::size_t i = 1; i < shape.size(); ++i) elements *= shape[i];
  return elements;
}

void IdxReader::CloseGzip::operator()(void* stream) const { gzclose_r(gzip(stream)); }

IdxReader::IdxReader(const std::string& file) : file_(file) {
  regular_file_length(file_);  // what is no regular file is refused before it is opened: a pipe might block
  errno = 0;
  stream_.reset(gzopen(file_.c_str(), "rb"));
  if (!stream_) throw Error(fmt::format("{}: {}", file_, std::generic_category().message(errno)));
  gzbuffer(gzip(stream_.get()), 1U << 17U);
  read_header();
  check_size();
}

std::size_t IdxReader::read_some(std::span<std::byte> out) {
  std::size_t done = 0;
  while (done < out.size()) {
    const auto ask = static_cast<unsigned>(std::min<std::size_t>(out.size() - done, 1U << 20U));
    const int got = gzread(gzip(stream_.get()), out.data() + done, ask);
    int code = Z_OK;
    const char* reason = gzerror(gzip(stream_.get()), &code);
    if (got < 0) {
      throw Error(fmt::format(
          "{}: {}", file_,
          code == Z_ERRNO ? std::generic_category().message(errno) : fmt::format("damaged gzip stream ({})", reason)));
    }
    if (got == 0) {
      // zlib reports a stream that breaks off only here, and as a buffer error.
      if (code != Z_OK && code != Z_STREAM_END) throw Error(fmt::format("{}: truncated gzip stream", file_));
      break;
    }
    done += static_cast<std::size_t>(got);
  }
  return done;
}

void IdxReader::read_header() {
  std::array<std::byte, 4> magic{};
  const std::size_t got = read_some(magic);
  const auto dimensions = std::to_integer<std::size_t>(magic[3]);
  if (got < magic.size() || magic[0] != std::byte{0} || magic[1] != std::byte{0}) {
    throw Error(fmt::format("{}: is no IDX file (it does not begin with two zero bytes, a type and a rank)", file_));
  }
  const auto type = type_of_code(std::to_integer<unsigned>(magic[2]));
  if (!type) throw Error(fmt::format("{}: is no IDX file (type code 0x{:02x})", file_, std::to_integer<int>(magic[2])));
  if (dimensions == 0 || dimensions > most_dimensions) {
    throw Error(fmt::format("{}: an IDX file of {} dimensions, not 1 to {}", file_, dimensions, most_dimensions));
  }
  header_.type = *type;
  for (std::size_t i = 0; i < dimensions; ++i) {
    std::array<std::byte, 4> raw{};
    if (read_some(raw) < raw.size()) throw Error(fmt::format("{}: truncated inside the IDX header", file_));
    Index size = 0;
    for (const std::byte byte : raw) size = size << 8 | std::to_integer<Index>(byte);
    if (size == 0) throw Error(fmt::format("{}: dimension {} of the IDX header is 0", file_, i));
    header_.shape.push_back(size);
  }
}

void IdxReader::check_size() const {
  std::uint64_t needed = size_of(header_.type);
  bool overflow = false;
  for (const Index size : header_.shape) {
    overflow = overflow || __builtin_mul_overflow(needed, static_cast<std::uint64_t>(size), &needed);
  }
  const std::uint64_t length = regular_file_length(file_);
  const bool plain = gzdirect(gzip(stream_.get())) != 0;
  if (!overflow && needed / (plain ? 1 : 1032) <= length) return;
  throw Error(fmt::format("{}: truncated: the IDX header promises {} [{}], a file of {} bytes cannot hold them", file_,
                          name_of(header_.type), fmt::join(header_.shape, ", "), length));
}

void IdxReader::read(std::span<std::byte> out) {
  const std::size_t got = read_some(out);
  if (got < out.size()) {
    throw Error(fmt::format("{}: truncated: the IDX header promises {} [{}], {} bytes of them are missing or more",
                            file_, name_of(header_.type), fmt::join(header_.shape, ", "), out.size() - got));
  }
  const std::size_t size = size_of(header_.type);
  if (std::endian::native == std::endian::little && size > 1) reverse_elements(out, size);
}

void IdxReader::finish() {
  std::array<std::byte, 1> extra{};
  if (read_some(extra) > 0) {
    throw Error(fmt::format("{}: bytes follow the {} [{}] that the IDX header promises", file_, name_of(header_.type),
                            fmt::join(header_.shape, ", ")));
  }
}

}  // namespace tally::io

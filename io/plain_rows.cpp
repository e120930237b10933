#include "io/plain_rows.hpp"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace tally::io {

PlainRows::PlainRows(std::string place, int descriptor, std::uint64_t offset, Index rows, std::uint64_t row_bytes)
    : place_(std::move(place)), descriptor_(descriptor), offset_(offset), rows_(rows), row_bytes_(row_bytes) {}

PlainRows::~PlainRows() { close(descriptor_); }

bool PlainRows::exist(Index first, Index count) const {
  return first >= 0 && count >= 0 && count <= rows_ && first <= rows_ - count;
}

void PlainRows::fail(Index first, Index count, const std::string& text) const {
  // The end of rows that do not exist may not fit into the type.
  const std::string rows = exist(first, count)
                               ? "rows [" + std::to_string(first) + ", " + std::to_string(first + count) + ")"
                               : std::to_string(count) + " rows from row " + std::to_string(first);
  throw Error(place_ + ": " + rows + " cannot be read: " + text);
}

/// As pread, but notes whether it had to wait for the disk.
ssize_t PlainRows::read_some(std::span<std::byte> out, std::uint64_t position) const {
  const auto offset = static_cast<off_t>(position);
#ifdef RWF_NOWAIT
  constexpr int reads_after_a_miss = 64;
  if (can_tell_) {
    const iovec buffer{out.data(), out.size()};
    const ssize_t got = preadv2(descriptor_, &buffer, 1, offset, RWF_NOWAIT);
    if (got == static_cast<ssize_t>(out.size())) {
      if (ask_ > 0) --ask_;
      return got;
    }
    if (got < 0 && (errno == EOPNOTSUPP || errno == EINVAL || errno == ENOSYS)) {
      can_tell_ = false;
      ask_ = 1;
    } else {
      ask_ = reads_after_a_miss;
    }
    if (got > 0) return got;
  }
#endif
  return pread(descriptor_, out.data(), out.size(), offset);
}

void PlainRows::read(Index first, Index count, std::span<std::byte> out) const {
  constexpr std::size_t most = std::size_t{1} << 30;  // a call takes no more than 2^31 - 4096
  if (!exist(first, count)) fail(first, count, "they do not exist");
  const std::uint64_t bytes = static_cast<std::uint64_t>(count) * row_bytes_;
  if (out.size() < bytes) fail(first, count, "there is no room for them");
  std::uint64_t position = offset_ + static_cast<std::uint64_t>(first) * row_bytes_;
  out = out.first(bytes);
  while (!out.empty()) {
    const ssize_t got = read_some(out.first(std::min(out.size(), most)), position);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(first, count, std::generic_category().message(errno));
    if (got == 0) fail(first, count, "the file was truncated while it was read");
    out = out.subspan(static_cast<std::size_t>(got));
    position += static_cast<std::uint64_t>(got);
  }
  bytes_read_ += bytes;
}

void PlainRows::will_need(Index first, Index count) const {
  if (ask_ <= 0) return;
  const std::uint64_t begin = offset_ + static_cast<std::uint64_t>(first) * row_bytes_;
  const std::uint64_t bytes = static_cast<std::uint64_t>(count) * row_bytes_;
  posix_fadvise(descriptor_, static_cast<off_t>(begin), static_cast<off_t>(bytes), POSIX_FADV_WILLNEED);
}

}  // namespace tally::io

#include "io/plain_rows.hpp"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace tally::io {

PlainFile::~PlainFile() { close(descriptor_); }

PlainRows::PlainRows(std::string place, std::vector<PlainPart> parts, std::uint64_t row_bytes)
    : place_(std::move(place)),
      parts_(std::move(parts)),
      rows_(parts_.empty() ? 0 : parts_.back().end()),
      row_bytes_(row_bytes) {}

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
ssize_t PlainRows::read_some(int descriptor, std::span<std::byte> out, std::uint64_t position) const {
  const auto offset = static_cast<off_t>(position);
#ifdef RWF_NOWAIT
  constexpr int reads_after_a_miss = 64;
  if (can_tell_) {
    const iovec buffer{out.data(), out.size()};
    const ssize_t got = preadv2(descriptor, &buffer, 1, offset, RWF_NOWAIT);
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
  return pread(descriptor, out.data(), out.size(), offset);
}

/// The rows exist.
template <class Do>
void PlainRows::for_each_piece(Index first, Index count, Do work) const {
  auto part = std::ranges::upper_bound(parts_, first, {}, &PlainPart::end);
  for (const Index end = first + count; first < end; ++part) {
    const Index rows = std::min(end, part->end()) - first;
    work(Piece{*part->file, part->offset + static_cast<std::uint64_t>(first - part->first) * row_bytes_,
               static_cast<std::uint64_t>(rows) * row_bytes_, first, rows});
    first += rows;
  }
}

void PlainRows::read(Index first, Index count, std::span<std::byte> out) const {
  if (!exist(first, count)) fail(first, count, "they do not exist");
  if (out.size() < static_cast<std::uint64_t>(count) * row_bytes_) fail(first, count, "there is no room for them");
  for_each_piece(first, count, [&](const Piece& piece) {
    read_piece(piece, out.first(piece.bytes));
    out = out.subspan(piece.bytes);
  });
}

void PlainRows::read_piece(const Piece& piece, std::span<std::byte> out) const {
  constexpr std::size_t most = std::size_t{1} << 30;  // a call takes no more than 2^31 - 4096
  std::uint64_t position = piece.offset;
  while (!out.empty()) {
    const ssize_t got = read_some(piece.file.descriptor(), out.first(std::min(out.size(), most)), position);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(piece.first, piece.count, std::generic_category().message(errno));
    if (got == 0) fail(piece.first, piece.count, "the file was truncated while it was read");
    out = out.subspan(static_cast<std::size_t>(got));
    position += static_cast<std::uint64_t>(got);
  }
  bytes_read_ += piece.bytes;
}

void PlainRows::will_need(Index first, Index count) const {
  if (ask_ <= 0 || !exist(first, count)) return;
  for_each_piece(first, count, [](const Piece& piece) {
    posix_fadvise(piece.file.descriptor(), static_cast<off_t>(piece.offset), static_cast<off_t>(piece.bytes),
                  POSIX_FADV_WILLNEED);
  });
}

}  // namespace tally::io

// Rows that lie in files one after the other, as memory wants them: read without libhdf5, by any thread.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "kernels/types.hpp"

namespace tally::io {

/// A descriptor, closed in the end.
class PlainFile {
 public:
  explicit PlainFile(int descriptor) : descriptor_(descriptor) {}
  ~PlainFile();
  PlainFile(const PlainFile&) = delete;
  PlainFile& operator=(const PlainFile&) = delete;

  int descriptor() const { return descriptor_; }

 private:
  int descriptor_;
};

/// Rows [first, first + count) of a dataset: row `first` begins at byte `offset` of the file.
struct PlainPart {
  Index first = 0;
  Index count = 0;
  std::shared_ptr<const PlainFile> file;
  std::uint64_t offset = 0;

  Index end() const { return first + count; }
};

class PlainRows {
 public:
  /// `place`: "FILE: PATH", for errors. The parts are in order, and each row from 0 to the end is in one of them.
  PlainRows(std::string place, std::vector<PlainPart> parts, std::uint64_t row_bytes);

  /// Rows [first, first + count) to the front of `out`. Any thread, any number at a time. Error that names the rows
  /// where they do not exist, `out` has no room, the system fails, or a file has become shorter.
  void read(Index first, Index count, std::span<std::byte> out) const;

  /// Asks the system to bring these rows into its memory meanwhile, where rows read lately were not there: asking for
  /// what is there costs as much as a tenth of copying it. A wish; returns at once.
  void will_need(Index first, Index count) const;

  const std::string& place() const { return place_; }
  const std::vector<PlainPart>& parts() const { return parts_; }
  std::uint64_t row_bytes() const { return row_bytes_; }
  std::uint64_t bytes_read() const { return bytes_read_; }

 private:
  /// Bytes [offset, offset + bytes) of a file, which are rows [first, first + count).
  struct Piece {
    const PlainFile& file;
    std::uint64_t offset;
    std::uint64_t bytes;
    Index first;
    Index count;
  };
  template <class Do>
  void for_each_piece(Index first, Index count, Do work) const;
  void read_piece(const Piece& piece, std::span<std::byte> out) const;
  ssize_t read_some(int descriptor, std::span<std::byte> out, std::uint64_t position) const;
  bool exist(Index first, Index count) const;
  [[noreturn]] void fail(Index first, Index count, const std::string& text) const;

  std::string place_;
  std::vector<PlainPart> parts_;
  Index rows_;
  std::uint64_t row_bytes_;
  mutable std::atomic<std::uint64_t> bytes_read_ = 0;
  mutable std::atomic<bool> can_tell_ = true;  // whether the system says what it has in memory
  mutable std::atomic<int> ask_ = 1;           // for rows ahead: so many reads more
};

}  // namespace tally::io

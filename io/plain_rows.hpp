// Rows that lie in a file one after the other, as memory wants them: read without libhdf5, by any thread.
#pragma once

#include <sys/types.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "kernels/types.hpp"

namespace tally::io {

class PlainRows {
 public:
  /// `place`: "FILE: PATH", for errors. `descriptor` is closed in the end. Row i begins at byte offset + i * row_bytes.
  PlainRows(std::string place, int descriptor, std::uint64_t offset, Index rows, std::uint64_t row_bytes);
  ~PlainRows();
  PlainRows(const PlainRows&) = delete;
  PlainRows& operator=(const PlainRows&) = delete;

  /// Rows [first, first + count) to the front of `out`. Any thread, any number at a time. Error that names the rows
  /// where they do not exist, `out` has no room, the system fails, or the file has become shorter.
  void read(Index first, Index count, std::span<std::byte> out) const;

  /// Asks the system to bring these rows into its memory meanwhile, where rows read lately were not there: asking for
  /// what is there costs as much as a tenth of copying it. A wish; returns at once.
  void will_need(Index first, Index count) const;

  std::uint64_t bytes_read() const { return bytes_read_; }

 private:
  ssize_t read_some(std::span<std::byte> out, std::uint64_t position) const;
  bool exist(Index first, Index count) const;
  [[noreturn]] void fail(Index first, Index count, const std::string& text) const;

  std::string place_;
  int descriptor_;
  std::uint64_t offset_;
  Index rows_;
  std::uint64_t row_bytes_;
  mutable std::atomic<std::uint64_t> bytes_read_ = 0;
  mutable std::atomic<bool> can_tell_ = true;  // whether the system says what it has in memory
  mutable std::atomic<int> ask_ = 1;           // for rows ahead: so many reads more
};

}  // namespace tally::io

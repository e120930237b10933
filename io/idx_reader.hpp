// An IDX file (the format of the MNIST files), gzipped or not, read from front to back.
#pragma once

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "kernels/stored_type.hpp"
#include "kernels/types.hpp"

namespace tally::io {

/// The header of an IDX file. Type codes: 08 uint8, 09 int8, 0B int16, 0C int32, 0D float32, 0E float64.
struct IdxHeader {
  StoredType type = StoredType::uint8;
  std::vector<Index> shape;

  /// Product of the dimensions after the first; 1 where there are none.
  Index row_elements() const;
};

/// A stream: header, then elements in file order. Errors name the file.
class IdxReader {
 public:
  /// Reads the header. Error for no file, no IDX magic, another type code, no rows, and for a size that the file cannot
  /// hold (its length, times 1032 where it is gzipped: deflate is no denser).
  explicit IdxReader(const std::string& file);

  const IdxHeader& header() const { return header_; }

  /// The next out.size() / size_of(type) elements, in native byte order. Error where the file ends before, or its gzip
  /// stream is damaged. Precondition: a whole number of elements.
  void read(std::span<std::byte> out);

  /// Error unless everything was read: no byte follows, and gzip's check sums are right.
  void finish();

 private:
  struct CloseGzip {
    void operator()(void* stream) const;
  };

  std::size_t read_some(std::span<std::byte> out);
  void read_header();
  void check_size() const;

  std::string file_;
  std::unique_ptr<void, CloseGzip> stream_;
  IdxHeader header_;
};

}  // namespace tally::io

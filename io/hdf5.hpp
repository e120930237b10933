// The one thin wrapper around the C API of libhdf5: handles that close themselves, calls that throw.
//
// Only source files of io include this header (it includes hdf5.h). Whoever uses it holds an Hdf5Section, handles' last
// moments included: declare the section before the handles. Every failure is a tally::Error "FILE: OBJECT: what failed:
// libhdf5's own words"; libhdf5 itself never prints.
#pragma once

#include <hdf5.h>

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "io/chunk_cache.hpp"
#include "kernels/types.hpp"

namespace tally::io::hdf5 {

/// Initialises libhdf5 (without its atexit handler: on a damaged file it may crash there) and turns off its printing
/// for the calling thread. Hdf5Section calls it.
void initialize_thread();

/// The error stack as one line ("unable to open file: truncated file: eof = 100, ..."), which is then cleared.
std::string take_error_stack();

/// An identifier of libhdf5 together with the function that closes it.
template <herr_t (*close)(hid_t)>
class Handle {
 public:
  Handle() = default;
  explicit Handle(hid_t id) : id_(id) {}
  ~Handle() { reset(); }
  Handle(Handle&& other) noexcept : id_(std::exchange(other.id_, H5I_INVALID_HID)) {}
  Handle& operator=(Handle&& other) noexcept {
    if (this != &other) {
      reset();
      id_ = std::exchange(other.id_, H5I_INVALID_HID);
    }
    return *this;
  }
  hid_t get() const { return id_; }

 private:
  void reset() noexcept {
    if (id_ >= 0) close(id_);
    id_ = H5I_INVALID_HID;
  }
  hid_t id_ = H5I_INVALID_HID;
};

using Datatype = Handle<H5Tclose>;
using Dataspace = Handle<H5Sclose>;
using PropertyList = Handle<H5Pclose>;
using Attribute = Handle<H5Aclose>;

/// What an error message has to name. `object` may be empty (the file as a whole).
struct Place {
  std::string file;
  std::string object;

  /// Throws Error "file: object: text".
  [[noreturn]] void fail(const std::string& text) const;
  /// The same with the error stack appended, which is cleared.
  [[noreturn]] void fail_hdf5(const std::string& text) const;
  /// Passes on what a function of libhdf5 returned; fail_hdf5("what") where that is negative.
  template <typename Status>
  Status check(Status status, const char* what) const {
    if (status < 0) fail_hdf5(what);
    return status;
  }
};

/// Anything that attributes hang on: a group or a dataset of an open file.
class Node {
 public:
  Node(Handle<H5Oclose> handle, Place place) : handle_(std::move(handle)), place_(std::move(place)) {}
  hid_t id() const { return handle_.get(); }
  const Place& place() const { return place_; }

  bool has_attribute(const std::string& name) const;
  /// In name order.
  std::vector<std::string> attribute_names() const;

  /// Attributes of any integer or float type, any shape, flattened; at most 1 MiB. Error for another class of type.
  std::vector<double> read_numbers(const std::string& name) const;
  /// Error for floats, and for values beyond int64.
  std::vector<std::int64_t> read_integers(const std::string& name) const;
  /// Strings of variable length (ASCII or UTF-8) or fixed length (any padding), any shape, flattened; at most 64 MiB.
  std::vector<std::string> read_strings(const std::string& name) const;
  /// The same where there is exactly one element (scalar or [1]); Error otherwise.
  double read_number(const std::string& name) const;
  std::int64_t read_integer(const std::string& name) const;
  std::string read_string(const std::string& name) const;

  /// Scalars: float64, int64, variable-length UTF-8. Error where the attribute exists.
  void write_number(const std::string& name, double value) const;
  void write_integer(const std::string& name, std::int64_t value) const;
  void write_string(const std::string& name, const std::string& value) const;
  /// One-dimensional.
  void write_numbers(const std::string& name, std::span<const double> values) const;
  void write_integers(const std::string& name, std::span<const std::int64_t> values) const;
  void write_strings(const std::string& name, const std::vector<std::string>& values) const;

 private:
  Handle<H5Oclose> handle_;
  Place place_;
};

class Dataset : public Node {
 public:
  using Node::Node;
  /// Error for a null dataspace. A scalar has no dimensions.
  std::vector<Index> shape() const;
  Datatype type() const;
  PropertyList creation() const;
  /// As NumPy names the stored type: "uint8", "float32", "bool"; else "string", "compound" ...
  std::string dtype() const;
  /// "contiguous", "compact", "virtual", "chunked 100x784", "chunked 100x784 shuffle deflate".
  std::string layout() const;
  /// Bytes the file holds for it, after compression; 0 where none are allocated.
  std::uint64_t storage_bytes() const;

  /// Error unless the data lie in this very file: no external storage, not virtual; allocated; and `bytes` (decoded) no
  /// more than what the file could hold under the densest compression (1100 times its length + 4 KiB), or, without
  /// filters, no more than its length.
  void check_storage(std::uint64_t bytes) const;

  /// Everything, row-major, converted to float32 from any integer or float type. check_storage comes before memory is
  /// taken. Error for other classes of type.
  std::vector<float> read_floats() const;

  /// Everything, or rows [first, first + count) of the first dimension, from memory of `memory_type`, row-major.
  void write(hid_t memory_type, const void* data) const;
  void write_rows(Index first, Index count, hid_t memory_type, const void* data) const;
};

/// What a group's link leads to. `external`: out of the file (never followed); `broken`: nowhere, or not readable.
enum class LinkKind { group, dataset, datatype, external, broken };

struct Link {
  std::string name;
  LinkKind kind = LinkKind::broken;
};

/// Paths are relative to the group, or absolute; soft links are followed, links out of the file are an Error.
class Group : public Node {
 public:
  using Node::Node;
  /// Whether the path leads to an object of this file.
  bool has(const std::string& path) const;
  /// In name order (bytewise). At most 100,000.
  std::vector<Link> links() const;
  Group open_group(const std::string& path) const;
  /// Without a cache: libhdf5's default, 1 MiB in 521 slots.
  Dataset open_dataset(const std::string& path, const std::optional<ChunkCache>& cache = {}) const;

  Group create_group(const std::string& name) const;
  /// Contiguous. `type` is what is stored, e.g. H5T_IEEE_F32LE or any native type; an empty shape makes a scalar.
  Dataset create_dataset(const std::string& name, hid_t type, std::span<const Index> shape) const;
  /// create_dataset and write, float32 little-endian.
  Dataset write_floats(const std::string& name, std::span<const Index> shape, std::span<const float> values) const;

 private:
  Place child(const std::string& path) const;
  LinkKind kind_of(const char* name) const;
};

/// An open file.
class File {
 public:
  /// Read-only and without file locking (it fails on some NFS and Lustre). Error for no such file, a folder, no
  /// permission, not HDF5, truncated.
  static File open(const std::string& name);
  /// Writable; replaces what is there.
  static File create(const std::string& name);
  Group root() const;
  /// Closes now; Error where what was written cannot reach the disk (a destructor would swallow that).
  void close();

 private:
  File(Handle<H5Fclose> handle, std::string name) : handle_(std::move(handle)), name_(std::move(name)) {}
  Handle<H5Fclose> handle_;
  std::string name_;
};

/// NumPy's name of a stored type, and DatasetInfo's words for a layout.
std::string dtype_name(hid_t type);
std::string layout_name(hid_t creation);

/// The product of dimensions and an element's bytes; Error where it passes 2^63 - 1 or a dimension is negative.
std::uint64_t checked_bytes(const Place& place, std::span<const Index> shape, std::uint64_t element_bytes);

}  // namespace tally::io::hdf5

// Plain values to bytes and back, for messages between ranks of one job (same program, same byte order).
#pragma once

#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "kernels/types.hpp"

namespace tally::pipeline {

class ByteWriter {
 public:
  template <class T>
  void put(const T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    bytes_.append(reinterpret_cast<const char*>(&value), sizeof value);
  }
  template <class T>
  void put_all(const std::vector<T>& values) {
    static_assert(std::is_trivially_copyable_v<T>);
    put(static_cast<Index>(values.size()));
    if (!values.empty()) bytes_.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(T));
  }
  std::string take() { return std::move(bytes_); }

 private:
  std::string bytes_;
};

/// Throws Error where fewer bytes are left than asked for.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  template <class T>
  T get() {
    T value;
    copy(&value, sizeof value);
    return value;
  }
  template <class T>
  std::vector<T> get_all() {
    const auto count = static_cast<std::size_t>(get<Index>());
    if (count > rest_.size() / sizeof(T)) throw Error("a message between ranks is too short");
    std::vector<T> values(count);
    copy(values.data(), count * sizeof(T));
    return values;
  }

 private:
  void copy(void* to, std::size_t size) {
    if (size > rest_.size()) throw Error("a message between ranks is too short");
    if (size != 0) std::memcpy(to, rest_.data(), size);
    rest_.remove_prefix(size);
  }
  std::string_view rest_;
};

inline void put_text(ByteWriter& writer, const std::string& text) {
  writer.put_all(std::vector<char>(text.begin(), text.end()));
}

inline std::string get_text(ByteReader& reader) {
  const std::vector<char> text = reader.get_all<char>();
  return {text.begin(), text.end()};
}

}  // namespace tally::pipeline

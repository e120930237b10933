// A fingerprint of results, and numbers to compute them from that are the same on every machine.
#pragma once

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <ios>
#include <random>
#include <string>
#include <type_traits>

#include "tests/kernels/each_vector_isa.hpp"

namespace tally {

/// FNV-1a over the bits of floating-point numbers (every NaN counts as the same one) and over integers, lowest byte
/// first.
class Fingerprint {
 public:
  template <class T>
  void add(T value) {
    if constexpr (std::is_floating_point_v<T>) {
      add_bytes(bits_of(value), sizeof value);
    } else {
      add_bytes(static_cast<std::uint64_t>(value), sizeof value);
    }
  }
  template <class Range>
  void add_all(const Range& values) {
    for (const auto& value : values) add(value);
  }

  std::uint64_t value() const { return value_; }

 private:
  void add_bytes(std::uint64_t bits, std::size_t bytes) {
    for (std::size_t i = 0; i < bytes; ++i) value_ = (value_ ^ ((bits >> (8 * i)) & 0xffU)) * 0x100000001b3U;
  }

  std::uint64_t value_ = 0xcbf29ce484222325U;
};

/// Multiples of 2^-21 in [-4, 4). The distributions of the standard library may differ between machines, its generator
/// may not.
class GoldenNumbers {
 public:
  explicit GoldenNumbers(std::uint64_t seed) : random_(seed) {}
  float next() { return static_cast<float>(static_cast<std::int64_t>(random_() >> 40U) - (1 << 23)) * 0x1p-21F; }
  template <class Range>
  void fill(Range& values, float factor = 1.0F) {
    for (float& x : values) x = next() * factor;
  }

 private:
  std::mt19937_64 random_;
};

inline void expect_golden(const Fingerprint& got, std::uint64_t golden, const std::string& what) {
  EXPECT_EQ(got.value(), golden) << what << ": 0x" << std::hex << got.value() << ", not 0x" << golden;
}

}  // namespace tally

// Rows of every stored type whose neighbour kills whoever touches it.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <random>

#include "kernels/input.hpp"
#include "tests/kernels/guarded_array.hpp"

namespace tally {

constexpr StoredType all_stored_types[] = {StoredType::uint8,   StoredType::int8,   StoredType::uint16,
                                           StoredType::int16,   StoredType::uint32, StoredType::int32,
                                           StoredType::uint64,  StoredType::int64,  StoredType::float16,
                                           StoredType::float32, StoredType::float64};

/// Rows of random bits: numbers of every size, and NaN, infinities and subnormals where the type has any.
class GuardedRows {
 public:
  GuardedRows(std::mt19937_64& random, StoredType type, Index rows, Index inputs, Guard guard)
      : type_(type), rows_(rows), inputs_(inputs), bytes_(rows * inputs * static_cast<Index>(size_of(type)), guard) {
    for (std::byte& byte : bytes_) byte = static_cast<std::byte>(random() >> 24U);
  }

  /// Numbers that `tame_transform` takes to about [-1, 1], in their place.
  void tame(std::mt19937_64& random) {
    std::uniform_real_distribution<float> around_zero(-1.0F, 1.0F);
    const Index count = rows_ * inputs_;
    for (Index i = 0; i < count; ++i) {
      std::byte* const to = bytes_.data() + i * static_cast<Index>(size_of(type_));
      const float x = around_zero(random);
      const double wide = static_cast<double>(x);
      if (type_ == StoredType::float64) std::memcpy(to, &wide, sizeof wide);
      if (type_ == StoredType::float32) std::memcpy(to, &x, sizeof x);
      if (type_ == StoredType::float16) {
        // Any fraction and sign, with exponents from 2^-4 to 2^-1.
        const std::uint64_t any = random();
        const auto bits = static_cast<std::uint16_t>((any & 0x83ffU) | (11U + (any >> 20U) % 4U) << 10U);
        std::memcpy(to, &bits, sizeof bits);
      }
    }
  }
  InputTransform tame_transform() const {
    if (type_ == StoredType::float16 || type_ == StoredType::float32 || type_ == StoredType::float64) return {};
    return {std::ldexp(1.0, -8 * static_cast<int>(size_of(type_))), -0.25};
  }

  StoredRows stored() const { return {bytes_.data(), type_, rows_, inputs_}; }

 private:
  StoredType type_;
  Index rows_;
  Index inputs_;
  GuardedArray<std::byte> bytes_;
};

}  // namespace tally

// IEEE binary16 to binary32, for compilers and CPUs without the instruction.
#pragma once

#include <bit>
#include <cstdint>

namespace tally {

/// The value of the binary16 with these bits, exactly: every binary16 is a binary32. NaN stays NaN.
constexpr float float16_to_float(std::uint16_t bits) {
  const std::uint32_t sign = (bits & 0x8000U) << 16U;
  const std::uint32_t exponent = (bits >> 10U) & 0x1FU;
  const std::uint32_t fraction = bits & 0x3FFU;
  if (exponent == 0x1FU) return std::bit_cast<float>(sign | 0x7F800000U | fraction << 13U);
  if (exponent == 0) {
    // Zero and subnormals: fraction * 2^-24.
    const float magnitude = static_cast<float>(fraction) * 0x1p-24F;
    return std::bit_cast<float>(sign | std::bit_cast<std::uint32_t>(magnitude));
  }
  return std::bit_cast<float>(sign | (exponent + 112U) << 23U | fraction << 13U);
}

}  // namespace tally

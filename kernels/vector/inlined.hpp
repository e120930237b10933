// What the vector kernels are made of: functions that leave no symbol behind.
//
// The files of this folder are compiled once for each instruction set. An inline function that the compiler put out of
// line would exist in several versions under one name, of which the linker keeps any: a machine without AVX-512 might
// get the one with it. So everything these files call is TALLY_INLINE or their own, nothing of the standard library's
// is called, and a test looks for weak symbols in the objects.
#pragma once

#define TALLY_INLINE [[gnu::always_inline]] inline

namespace tally {

/// std::bit_cast, which is no symbol of ours.
template <class To, class From>
TALLY_INLINE constexpr To bits_as(From value) {
  return __builtin_bit_cast(To, value);
}

}  // namespace tally

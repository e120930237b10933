// Products of a few rows of weights with a panel of samples, accumulated in registers. See VectorKernels::multiply.
#include "kernels/vector/entries.hpp"
#include "kernels/vector/simd.hpp"

namespace tally::TALLY_VECTOR_NAMESPACE {
namespace {

/// Sums that are kept apart until the end, so that a few units keep the multipliers busy: an fma takes four cycles, of
/// which two can start in each. Not a matter of the instruction set, lest its bits depend on it.
template <int units>
constexpr int chains_of = units == 1 ? 4 : (units <= 3 ? 2 : 1);

/// The next two lines; one too many where their number is odd.
TALLY_INLINE void prefetch_two(LinesAhead& ahead) {
  __builtin_prefetch(reinterpret_cast<const void*>(ahead.address), 0, 3);       // NOLINT(performance-no-int-to-ptr)
  __builtin_prefetch(reinterpret_cast<const void*>(ahead.address + 64), 0, 3);  // NOLINT(performance-no-int-to-ptr)
  ahead.address += 128;
  ahead.lines -= 2;
}

/// `vectors` registers of samples, at x and c.
template <int units, int width, int vectors>
void multiply_vectors(Index k, Index panel, const float* w, const float* x, float* c, LinesAhead ahead) {
  using V = Vector<float, width>;
  constexpr int chains = chains_of<units>;
  V sums[chains][units][vectors] = {};
  const auto step = [&](int chain) __attribute__((always_inline)) {
    V samples[vectors];
#pragma GCC unroll 2
    for (Index v = 0; v < vectors; ++v) {
      samples[v] = load<V>(x + v * width);
      if constexpr (units <= 4) keep_in_register(samples[v]);
    }
#pragma GCC unroll 15
    for (int l = 0; l < units; ++l) {
      const V weight = broadcast<V>(w[l]);
#pragma GCC unroll 2
      for (Index v = 0; v < vectors; ++v) {
        sums[chain][l][v] = multiply_add<width>(weight, samples[v], sums[chain][l][v]);
      }
    }
    w += units;
    x += panel;
  };
  Index j = 0;
  // Two lines with each input, until they are all asked for.
  for (; j + chains <= k && ahead.lines > 0; j += chains) {
#pragma GCC unroll 4
    for (int chain = 0; chain < chains; ++chain) {
      prefetch_two(ahead);
      step(chain);
    }
  }
  for (; j + chains <= k; j += chains) {
#pragma GCC unroll 4
    for (int chain = 0; chain < chains; ++chain) step(chain);
  }
  for (; j < k; ++j) step(0);
#pragma GCC unroll 15
  for (int l = 0; l < units; ++l) {
#pragma GCC unroll 2
    for (Index v = 0; v < vectors; ++v) {
      V sum = sums[0][l][v];
      if constexpr (chains == 2) sum = sum + sums[1][l][v];
      if constexpr (chains == 4) sum = (sum + sums[1][l][v]) + (sums[2][l][v] + sums[3][l][v]);
      float* const to = c + l * panel + v * width;
      store(load<V>(to) + sum, to);
    }
  }
}

/// A whole panel, two registers at a time where the sums fit.
template <int units, int width>
TALLY_INLINE void multiply_units(Index k, Index panel, const float* w, const float* x, float* c, LinesAhead ahead) {
#if defined(__AVX512F__) || defined(__aarch64__)
  constexpr int registers = 32;
#else
  constexpr int registers = 16;
#endif
  Index i = 0;
  if constexpr (chains_of<units> * units * 2 + 3 <= registers) {
    constexpr Index two = Index{2} * width;
    for (; i + two <= panel; i += two) {
      multiply_vectors<units, width, 2>(k, panel, w, x + i, c + i, ahead);
      ahead.lines = 0;
    }
  }
  for (; i < panel; i += width) {
    multiply_vectors<units, width, 1>(k, panel, w, x + i, c + i, ahead);
    ahead.lines = 0;
  }
}

template <int width>
TALLY_INLINE void multiply_width(Index k, Index units, Index panel, const float* w, const float* x, float* c,
                                 LinesAhead ahead) {
  static_assert(most_units == 15);
  switch (units) {
    case 1:
      return multiply_units<1, width>(k, panel, w, x, c, ahead);
    case 2:
      return multiply_units<2, width>(k, panel, w, x, c, ahead);
    case 3:
      return multiply_units<3, width>(k, panel, w, x, c, ahead);
    case 4:
      return multiply_units<4, width>(k, panel, w, x, c, ahead);
    case 5:
      return multiply_units<5, width>(k, panel, w, x, c, ahead);
    case 6:
      return multiply_units<6, width>(k, panel, w, x, c, ahead);
    case 7:
      return multiply_units<7, width>(k, panel, w, x, c, ahead);
    case 8:
      return multiply_units<8, width>(k, panel, w, x, c, ahead);
    case 9:
      return multiply_units<9, width>(k, panel, w, x, c, ahead);
    case 10:
      return multiply_units<10, width>(k, panel, w, x, c, ahead);
    case 11:
      return multiply_units<11, width>(k, panel, w, x, c, ahead);
    case 12:
      return multiply_units<12, width>(k, panel, w, x, c, ahead);
    case 13:
      return multiply_units<13, width>(k, panel, w, x, c, ahead);
    case 14:
      return multiply_units<14, width>(k, panel, w, x, c, ahead);
    case 15:
      return multiply_units<15, width>(k, panel, w, x, c, ahead);
    default:
      __builtin_trap();  // rather than leave out a product
  }
}

}  // namespace

void multiply(Index k, Index units, Index panel, const float* w, const float* x, float* c, const LinesAhead& ahead) {
  if constexpr (native_width > 4) {
    if (panel % native_width == 0) return multiply_width<native_width>(k, units, panel, w, x, c, ahead);
  }
  multiply_width<4>(k, units, panel, w, x, c, ahead);
}

void fill_rows(const float* values, Index rows, Index panel, float* c) {
  for (Index l = 0; l < rows; ++l, c += panel) {
    const float value = values[l];
#pragma omp simd
    for (Index i = 0; i < panel; ++i) c[i] = value;
  }
}

double burn(Index rounds, float* sink) {
  // More chains than latencies need (an fma's 4 cycles with 2 multipliers, or 4 + 4 of a multiplication and an
  // addition), and no more than 16 registers hold.
  constexpr int chains = 12;
  using V = Vector<float, native_width>;
  V sums[chains];
  for (int i = 0; i < chains; ++i) sums[i] = broadcast<V>(sink[i]);
  const V factor = broadcast<V>(0.999F);
  const V term = broadcast<V>(0.001F);
  for (Index round = 0; round < rounds; ++round) {
#pragma GCC unroll 12
    for (V& sum : sums) {
#if defined(__FMA__) || defined(__aarch64__) || defined(__FP_FAST_FMAF)
      sum = multiply_add<native_width>(sum, factor, term);
#else
      sum = sum * factor + term;  // an fma would be a library's, many times slower than what the CPU can do
#endif
    }
  }
  for (int i = 0; i < chains; ++i) sink[i] = sums[i][0];
  return 2.0 * chains * native_width * static_cast<double>(rounds);
}

}  // namespace tally::TALLY_VECTOR_NAMESPACE

// The table of vector kernels: plain functions, one version for each instruction set. What they compute is said where
// the rest of the program calls them: activation.hpp, score.hpp, elementary.hpp, input.hpp, microkernel.hpp.
#pragma once

#include "kernels/activation.hpp"
#include "kernels/input.hpp"
#include "kernels/prefetch.hpp"
#include "kernels/score.hpp"

namespace tally {

/// Logits [units][ld] of `count` samples, and where their scores go; `probabilities` may be null.
struct ScoreRequest {
  const float* logits;
  Index units;
  Index ld;
  const Index* labels;
  Index count;
  Score* scores;
  float* probabilities;
};

/// Columns [first_column, first_column + columns) of `panel` rows, some of which may be the same, to
/// x[(j - first_column) * panel + i].
struct PackRequest {
  const std::byte* const* rows;  // [panel]: where column 0 of each row lies
  StoredType type;
  Index first_column;
  Index columns;
  Index panel;
  float* x;
  InputTransform transform;
};

struct VectorKernels {
  /// x[i] = f(x[i]); not softmax. bound: see vector/activation_functions.hpp.
  void (*activate)(const Activation& activation, float* x, Index n);
  /// z[i] = max(z[i], a[i]); NaN of either stays.
  void (*take_larger)(const float* a, float* z, Index n);
  /// The softmax of the logits, or of their log sigmoid.
  void (*score_softmax)(const ScoreRequest& request);
  void (*score_sigmoid)(const ScoreRequest& request);
  double (*exp)(double x);
  double (*log)(double x);
  double (*log1p)(double x);
  /// block[i] = e^block[i] and lanes[i mod 8] += that, for i < n; n is a multiple of 8.
  void (*add_exponentials)(double* block, std::size_t n, double* lanes);
  void (*pack)(const PackRequest& request);
  /// c[l * panel + i] += sum_j w[j * units + l] x[j * panel + i] for 0 <= l < units, 0 <= i < panel; 1 <= units <=
  /// most_units, panel a multiple of 4. One fma after the other, from j = 0 on, in chains that depend on `units` alone.
  /// ahead: lines to prefetch on the way, up to two for each of the k inputs.
  void (*multiply)(Index k, Index units, Index panel, const float* w, const float* x, float* c,
                   const LinesAhead& ahead);
  /// c[l * panel + i] = values[l] for 0 <= l < rows, 0 <= i < panel.
  void (*fill_rows)(const float* values, Index rows, Index panel, float* c);
  /// Independent fma in registers (multiplications and additions where the compiler may assume no fma), as many as this
  /// instruction set does at once; returns how many floating-point
  /// operations that were (2 per fma and element) in `rounds` rounds.
  double (*burn)(Index rounds, float* sink);  // sink [12]
};

/// The most units that VectorKernels::multiply takes at a time.
constexpr Index most_units = 15;

/// Those of the instruction set in use (vector_isa.hpp).
const VectorKernels& vector_kernels();

namespace vector_baseline {
extern const VectorKernels kernels;
}
namespace vector_avx2 {
extern const VectorKernels kernels;
}
namespace vector_avx512 {
extern const VectorKernels kernels;
}

}  // namespace tally

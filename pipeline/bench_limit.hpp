// From measured numbers to words: what keeps a forward pass from the machine's peak. Pure.
#pragma once

#include <array>
#include <optional>
#include <string>

#include "kernels/model.hpp"
#include "kernels/phase_clock.hpp"

namespace tally::pipeline {

/// What a pass with clocks has found, with one number of threads.
struct BenchFigures {
  double fraction_of_peak = 0.0;  // useful FLOP/s over the FMA peak of as many threads
  /// Where the threads' time goes, by Phase; the sum is 1. The time they wait for each other is not part of it.
  std::array<double, PhaseClock::phases> phases{};
  double busy = 1.0;    // share of the threads' time that is spent in phases at all
  double issued = 1.0;  // multiply-adds done, with those that only fill up tiles and panels, over the useful ones
  /// Share of the phases' time that goes away where the rows lie in a cache; nothing where that was not measured.
  std::optional<double> memory;
};

/// One line: the largest loss, then the others of at least 1 % of the peak in order, then how fast the matrix products
/// run, and what the rows' way from memory costs. Losses are shares of the threads' time, and add up to what is missing
/// to the peak: packing, activations, scores and waiting take none of it for multiply-adds that count; of the time of
/// the products, padding takes its share, and what is left over is theirs. Where they come out faster than the peak,
/// the tries of the peak were disturbed more than the passes, and the line says so.
std::string what_limits(const BenchFigures& figures);

/// Useful FLOP/s over the peak while the products run; 0 where they take no time. May exceed 1 by the error of the
/// measurement.
double gemm_fraction_of_peak(const BenchFigures& figures);

/// Multiply-adds done over useful ones for one sample: `tile` units are computed at a time, also where a layer's last
/// tile has fewer, unless `edges`.
double issued_per_useful(const Model& model, Index tile, bool edges);

}  // namespace tally::pipeline

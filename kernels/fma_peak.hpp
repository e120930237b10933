// What the floating-point units can do at most: the measure of the forward pass's speed.
#pragma once

namespace tally {

/// GFLOP/s of `threads` threads that together do nothing but float32 fused multiply-adds in registers, in the widest
/// vectors this CPU runs, whatever vector_isa() says; on a CPU without them, multiplications and additions in turn.
/// Measured for about `seconds`; a disturbed measurement is too low, never too high, so the best of several is the
/// peak. 2 FLOP per multiplication, addition and element, fused or not.
double fma_peak_gflops(int threads, double seconds);

}  // namespace tally

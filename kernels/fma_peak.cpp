#include "kernels/fma_peak.hpp"

#include <omp.h>
#include <algorithm>

#include <array>
#include <chrono>
#include <limits>
#include <mutex>

#include "kernels/vector/kernels.hpp"
#include "kernels/vector_isa.hpp"

namespace tally {
namespace {

/// About ten microseconds.
constexpr Index rounds_per_look_at_the_clock = 4096;

const VectorKernels& widest_kernels() {
#if defined(__x86_64__)
  if (cpu_runs(VectorIsa::avx512)) return vector_avx512::kernels;
  if (cpu_runs(VectorIsa::avx2)) return vector_avx2::kernels;
#endif
  return vector_baseline::kernels;
}

double now() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

}  // namespace

double fma_peak_gflops(int threads, double seconds) {
  const VectorKernels& kernels = widest_kernels();
  double flops = 0.0;
  double first_start = std::numeric_limits<double>::infinity();
  double last_end = 0.0;
  std::mutex mutex;
  omp_set_dynamic(0);
#pragma omp parallel num_threads(threads) default(shared)
  {
    std::array<float, 12> sink{};
    double my_flops = 0.0;
#pragma omp barrier
    const double start = now();
    double end = start;
    do {
      my_flops += kernels.burn(rounds_per_look_at_the_clock, sink.data());
      end = now();
    } while (end - start < seconds);
    const std::lock_guard lock(mutex);
    flops += my_flops;
    first_start = std::min(first_start, start);
    last_end = std::max(last_end, end);
  }
  return flops * 1e-9 / (last_end - first_start);
}

}  // namespace tally

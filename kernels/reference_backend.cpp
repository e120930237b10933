// What stands in for blis.cpp in a build without BLIS: one configuration, made of our own vector kernels. It runs on
// any CPU, and its bits are the same on all of them.
#include <cassert>

#include "kernels/blis.hpp"
#include "kernels/microkernel.hpp"

namespace tally {
namespace {

const BlisConfiguration& only_configuration() {
  static const BlisConfiguration only{0, "reference"};
  return only;
}

}  // namespace

// BLIS_ARCH_TYPE is not looked at: it is another library's, and may be set for other programs.
BlisConfiguration choose_blis_configuration() { return only_configuration(); }

BlisConfiguration common_blis_configuration(const std::vector<BlisConfiguration>& chosen) {
  for (const BlisConfiguration& other : chosen) {
    if (other != chosen.front()) {
      throw Error("the ranks run different builds: the kernels of one are " + chosen.front().name +
                  ", those of another " + other.name);
    }
  }
  return chosen.front();
}

void use_blis_configuration(const BlisConfiguration& configuration) {
  if (configuration == only_configuration()) return;
  throw Error("this program was built without BLIS, and has no configuration " + configuration.name);
}

BlisConfiguration blis_configuration() { return only_configuration(); }

std::string blis_version() { return "none"; }

// 6 x 2 sums leave room in 16 registers for the samples and a weight (AVX2), and keep the multipliers of every CPU
// busy; 32 samples are two registers of the widest ones. Panel and units decide bits, so they are the same everywhere.
Microkernel::Microkernel() : panel_(32), units_(6), prefers_rows_(true), has_edges_(true) {}

void Microkernel::run(Index k, const float* w, const float* x, float* c, const float* /*next_w*/,
                      const float* /*next_x*/) const {
  vector_kernels().multiply(k, units_, panel_, w, x, c, {});
}

void Microkernel::run_edge(Index units, Index k, const float* w, const float* x, float* c,
                           const LinesAhead& ahead) const {
  assert(1 <= units && units <= most_units);
  vector_kernels().multiply(k, units, panel_, w, x, c, ahead);
}

}  // namespace tally

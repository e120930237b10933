// Random operands of a microkernel, and ways to change some of them.
#pragma once

#include <algorithm>
#include <random>
#include <vector>

#include "kernels/types.hpp"
#include "tests/kernels/guarded_array.hpp"

namespace tally {

/// w [k][units], x [k][panel], c [units][panel].
struct RandomPanels {
  RandomPanels(std::mt19937_64& random, Index units_, Index panel_, Index k_)
      : units(units_),
        panel(panel_),
        k(k_),
        w(static_cast<std::size_t>(k * units)),
        x(static_cast<std::size_t>(k * panel)),
        c(static_cast<std::size_t>(units * panel)) {
    std::normal_distribution<float> normal;
    for (std::vector<float>* operand : {&w, &x, &c}) {
      for (float& value : *operand) value = normal(random);
    }
  }

  /// Lanes first, first + 1, ... (from the last one back to 0) as a panel of `count`.
  RandomPanels lanes(Index first, Index count) const {
    RandomPanels part = *this;
    part.panel = count;
    part.x.clear();
    part.c.clear();
    for (Index j = 0; j < k; ++j) {
      for (Index i = 0; i < count; ++i) part.x.push_back(x[at(j * panel + (first + i) % panel)]);
    }
    for (Index l = 0; l < units; ++l) {
      for (Index i = 0; i < count; ++i) part.c.push_back(c[at(l * panel + (first + i) % panel)]);
    }
    return part;
  }

  /// The same units from `first` on, turned round.
  RandomPanels units_from(Index first) const {
    RandomPanels turned = *this;
    for (Index l = 0; l < units; ++l) {
      const Index from = (first + l) % units;
      for (Index j = 0; j < k; ++j) turned.w[at(j * units + l)] = w[at(j * units + from)];
      std::copy_n(c.begin() + from * panel, panel, turned.c.begin() + l * panel);
    }
    return turned;
  }

  static std::size_t at(Index i) { return static_cast<std::size_t>(i); }

  Index units;
  Index panel;
  Index k;
  std::vector<float> w;
  std::vector<float> x;
  std::vector<float> c;
};

inline GuardedArray<float> guarded_copy(const std::vector<float>& values, Guard guard = Guard::after,
                                        Index padding = 0) {
  GuardedArray<float> copy(static_cast<Index>(values.size()), guard, padding);
  std::copy(values.begin(), values.end(), copy.begin());
  return copy;
}

}  // namespace tally

// The same lines under every vector instruction set that this CPU runs.
#pragma once

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <vector>

#include "kernels/vector/kernels.hpp"
#include "kernels/vector_isa.hpp"

namespace tally {

/// Those that this CPU runs, baseline first.
inline std::vector<VectorIsa> vector_isas_here() {
  std::vector<VectorIsa> isas;
  for (const VectorIsa isa : {VectorIsa::baseline, VectorIsa::avx2, VectorIsa::avx512}) {
    if (cpu_runs(isa)) isas.push_back(isa);
  }
  return isas;
}

/// Puts back, at the end of a test, the instruction set it found.
class VectorIsaTest : public testing::Test {
 protected:
  ~VectorIsaTest() override { use_vector_isa(before_); }

 private:
  VectorIsa before_ = vector_isa();
};

/// NaN is NaN: its payload is nobody's.
inline std::uint32_t bits_of(float x) { return std::isnan(x) ? 0x7fc00000U : std::bit_cast<std::uint32_t>(x); }
inline std::uint64_t bits_of(double x) { return std::isnan(x) ? 0x7ff8000000000000U : std::bit_cast<std::uint64_t>(x); }

/// Calls `compute`, which returns a vector of float or double, under each of them and expects the same bits.
template <class Compute>
void expect_same_bits_on_each_isa(const Compute& compute) {
  use_vector_isa(VectorIsa::baseline);
  const auto expected = compute();
  for (const VectorIsa isa : vector_isas_here()) {
    use_vector_isa(isa);
    const auto got = compute();
    ASSERT_EQ(got.size(), expected.size());
    for (std::size_t i = 0; i < got.size(); ++i) {
      ASSERT_EQ(bits_of(got[i]), bits_of(expected[i]))
          << name_of(isa) << ", element " << i << ": " << got[i] << ", not " << expected[i];
    }
  }
}

}  // namespace tally

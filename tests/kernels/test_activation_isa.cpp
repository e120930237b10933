// The same lines compiled for each instruction set give the same bits as the library's own choice.
#include <gtest/gtest.h>

#include <bit>
#include <vector>

#include "kernels/activation.hpp"
#include "kernels/activation_functions.hpp"
#include "tests/kernels/reference.hpp"

namespace tally {
namespace {

struct Sigmoid {
  static constexpr ActivationKind kind = ActivationKind::sigmoid;
  TALLY_INLINE float operator()(float x) const { return sigmoid_value(x); }
};
struct Tanh {
  static constexpr ActivationKind kind = ActivationKind::tanh;
  TALLY_INLINE float operator()(float x) const { return tanh_value(x); }
};
struct Elu {
  static constexpr ActivationKind kind = ActivationKind::elu;
  TALLY_INLINE float operator()(float x) const { return elu_value(x, 1.0F, 1.0F); }
};
struct Gelu {
  static constexpr ActivationKind kind = ActivationKind::gelu;
  TALLY_INLINE float operator()(float x) const { return gelu_value(x); }
};
struct GeluTanh {
  static constexpr ActivationKind kind = ActivationKind::gelu_tanh;
  TALLY_INLINE float operator()(float x) const { return gelu_tanh_value(x); }
};
struct Silu {
  static constexpr ActivationKind kind = ActivationKind::silu;
  TALLY_INLINE float operator()(float x) const { return silu_value(x); }
};
struct Softplus {
  static constexpr ActivationKind kind = ActivationKind::softplus;
  TALLY_INLINE float operator()(float x) const { return softplus_value(x); }
};
struct HardSigmoid {
  static constexpr ActivationKind kind = ActivationKind::hard_sigmoid;
  TALLY_INLINE float operator()(float x) const { return hard_sigmoid_value(x, 1.0F / 6.0F, 0.5F, 0x1.fffffep+127F); }
};

template <class Function>
void run_baseline(std::vector<float>& values) {
  const Function f;
  float* const x = values.data();
#pragma omp simd
  for (std::size_t i = 0; i < values.size(); ++i) x[i] = f(x[i]);
}

#if defined(__x86_64__)
template <class Function>
[[gnu::target("avx2,fma")]] void run_avx2(std::vector<float>& values) {
  const Function f;
  float* const x = values.data();
#pragma omp simd
  for (std::size_t i = 0; i < values.size(); ++i) x[i] = f(x[i]);
}

template <class Function>
[[gnu::target("avx512f,avx512dq,avx512bw,avx512vl,fma")]] void run_avx512(std::vector<float>& values) {
  const Function f;
  float* const x = values.data();
#pragma omp simd
  for (std::size_t i = 0; i < values.size(); ++i) x[i] = f(x[i]);
}
#endif

/// NaN is NaN: its payload is nobody's.
std::uint32_t bits_of(float x) { return x == x ? std::bit_cast<std::uint32_t>(x) : 0x7fc00000U; }

template <class Function>
class ActivationIsa : public testing::Test {
 protected:
  void expect_library_bits(void (*run)(std::vector<float>&)) {
    const std::vector<float> x = reference::strided_floats(65537);
    std::vector<float> expected = x;
    apply_activation(default_activation(Function::kind), expected.data(), static_cast<Index>(x.size()));
    std::vector<float> y = x;
    run(y);
    for (std::size_t i = 0; i < x.size(); ++i) {
      ASSERT_EQ(bits_of(y[i]), bits_of(expected[i])) << to_string(Function::kind) << "(" << x[i] << ")";
    }
  }
};

using Functions = testing::Types<Sigmoid, Tanh, Elu, Gelu, GeluTanh, Silu, Softplus, HardSigmoid>;
TYPED_TEST_SUITE(ActivationIsa, Functions);

TYPED_TEST(ActivationIsa, Baseline) { this->expect_library_bits(run_baseline<TypeParam>); }

#if defined(__x86_64__)
TYPED_TEST(ActivationIsa, Avx2) {
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) GTEST_SKIP() << "this CPU has no AVX2";
  this->expect_library_bits(run_avx2<TypeParam>);
}

TYPED_TEST(ActivationIsa, Avx512) {
  if (!__builtin_cpu_supports("avx512dq") || !__builtin_cpu_supports("avx512vl") ||
      !__builtin_cpu_supports("avx512bw")) {
    GTEST_SKIP() << "this CPU has no AVX-512";
  }
  this->expect_library_bits(run_avx512<TypeParam>);
}
#endif

}  // namespace
}  // namespace tally

// apply_activation on a run that stays in L1.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <random>
#include <vector>

#include "bench_cases.hpp"
#include "kernels/activation.hpp"

namespace tally {
namespace {

constexpr Index run_length = 4096;

// Each pass starts from the same values: a function applied to its own results would drift to its fixed point. identity
// and maxout, which leave their run as it is, show what the copy costs.
void apply(benchmark::State& state, ActivationKind kind) {
  const Activation activation = default_activation(kind);
  std::mt19937_64 random(1);
  std::normal_distribution<float> normal(0.0F, 2.0F);
  std::vector<float> source(run_length);
  for (float& x : source) x = normal(random);
  std::vector<float> run(run_length);
  for ([[maybe_unused]] auto _ : state) {
    std::copy(source.begin(), source.end(), run.begin());
    apply_activation(activation, run.data(), run_length);
    benchmark::DoNotOptimize(run.data());
    benchmark::ClobberMemory();
  }
  const auto elements = static_cast<double>(state.iterations() * run_length);
  state.counters["per_element"] =
      benchmark::Counter(elements, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

}  // namespace

void register_activation_cases() {
  constexpr ActivationKind kinds[] = {
      ActivationKind::identity,   ActivationKind::step,     ActivationKind::sigmoid,  ActivationKind::relu,
      ActivationKind::leaky_relu, ActivationKind::prelu,    ActivationKind::elu,      ActivationKind::selu,
      ActivationKind::tanh,       ActivationKind::maxout,   ActivationKind::gelu,     ActivationKind::gelu_tanh,
      ActivationKind::silu,       ActivationKind::softplus, ActivationKind::softsign, ActivationKind::hard_sigmoid,
      ActivationKind::relu6,
  };
  for (const ActivationKind kind : kinds) {
    benchmark::RegisterBenchmark(("apply_activation/" + to_string(kind)).c_str(), apply, kind);
  }
}

}  // namespace tally

// evaluate_rows on the networks of peers.py. The rows are few and mostly stay in cache; `tally bench` reads from
// memory.
#include <benchmark/benchmark.h>

#include <random>
#include <string>
#include <vector>

#include "bench_cases.hpp"
#include "kernels/evaluate.hpp"
#include "tests/kernels/random_network.hpp"

namespace tally {
namespace {

struct Case {
  std::vector<Index> widths;
  ActivationKind hidden;
  Index rows;
};

const std::vector<Case>& cases() {
  static const std::vector<Case> all = {
      {{784, 50, 100, 10}, ActivationKind::sigmoid, 4096},
      {{784, 512, 512, 10}, ActivationKind::relu, 4096},
      {{28, 300, 300, 300, 2}, ActivationKind::relu, 4096},
      {{784, 4096, 4096, 10}, ActivationKind::relu, 512},
  };
  return all;
}

void evaluate(benchmark::State& state, const Case& example) {
  std::mt19937_64 random(1);
  const Model model = random_model(random, example.widths, default_activation(example.hidden), ActivationKind::softmax);
  const Network network(model);
  const RandomRows rows(random, example.rows, model.inputs());
  const std::vector<std::int64_t> labels(static_cast<std::size_t>(example.rows), 0);
  for ([[maybe_unused]] auto _ : state) {
    benchmark::DoNotOptimize(
        evaluate_rows(network, rows.stored(), {}, labels, static_cast<int>(state.range(0)), {}).correct);
  }
  const auto samples = static_cast<double>(state.iterations() * example.rows);
  state.counters["samples"] = benchmark::Counter(samples, benchmark::Counter::kIsRate);
  state.counters["FLOP"] =
      benchmark::Counter(samples * static_cast<double>(model.flops_per_sample()), benchmark::Counter::kIsRate);
}

}  // namespace

void register_evaluate_cases() {
  for (const Case& example : cases()) {
    std::string name = "evaluate_rows";
    for (const Index width : example.widths) name += (name.ends_with("rows") ? "/" : "-") + std::to_string(width);
    benchmark::RegisterBenchmark(name.c_str(), evaluate, example)
        ->ArgName("threads")
        ->Arg(1)
        ->Arg(2)
        ->UseRealTime()
        ->Unit(benchmark::kMillisecond);
  }
}

}  // namespace tally

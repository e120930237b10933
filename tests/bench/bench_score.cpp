// score_tile on a tile of logits, softmax output.
#include <benchmark/benchmark.h>

#include <random>
#include <string>
#include <vector>

#include "bench_cases.hpp"
#include "kernels/score.hpp"

namespace tally {
namespace {

void score(benchmark::State& state, Index classes) {
  constexpr Index count = 128;
  std::mt19937_64 random(1);
  std::normal_distribution<float> normal(0.0F, 2.0F);
  std::uniform_int_distribution<Index> any_class(0, classes - 1);
  std::vector<float> logits(static_cast<std::size_t>(classes * count));
  for (float& x : logits) x = normal(random);
  std::vector<Index> labels(count);
  for (Index& label : labels) label = any_class(random);
  std::vector<Score> scores(count);
  for ([[maybe_unused]] auto _ : state) {
    score_tile(ActivationKind::softmax, logits.data(), classes, count, labels, scores, {});
    benchmark::DoNotOptimize(scores.data());
    benchmark::ClobberMemory();
  }
  state.counters["samples"] =
      benchmark::Counter(static_cast<double>(state.iterations() * count), benchmark::Counter::kIsRate);
}

}  // namespace

void register_score_cases() {
  for (const Index classes : {2, 10, 100}) {
    benchmark::RegisterBenchmark(("score_tile/classes:" + std::to_string(classes)).c_str(), score, classes);
  }
}

}  // namespace tally

// Google Benchmark over the kernels and the decoding of chunks, with BLIS set up as the program does it.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <exception>

#include "bench_cases.hpp"
#include "kernels/blis.hpp"

int main(int argc, char** argv) {
  try {
    tally::use_blis_configuration(tally::choose_blis_configuration());
    benchmark::AddCustomContext("blis_configuration", tally::blis_configuration().name);
    tally::register_activation_cases();
    tally::register_input_cases();
    tally::register_score_cases();
    tally::register_evaluate_cases();
    tally::register_chunk_cases();
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
    benchmark::RunSpecifiedBenchmarks();
    benchmark::Shutdown();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "bench_kernels: %s\n", error.what());
    return 1;
  }
  return 0;
}

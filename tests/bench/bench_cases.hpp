// The benchmarked kernels, and the decoding of chunks; each function registers the cases of one of them with Google
// Benchmark.
#pragma once

namespace tally {

void register_activation_cases();
void register_chunk_cases();
void register_evaluate_cases();
void register_input_cases();
void register_score_cases();

}  // namespace tally

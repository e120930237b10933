// The functions of the table as this instruction set has them; see kernels.hpp for what each does.
#pragma once

#include "kernels/vector/inlined.hpp"
#include "kernels/vector/kernels.hpp"

#ifndef TALLY_VECTOR_NAMESPACE
#error "files of kernels/vector are compiled once for each instruction set, which the build names"
#endif

namespace tally::TALLY_VECTOR_NAMESPACE {

void activate(const Activation& activation, float* x, Index n);
void take_larger(const float* a, float* z, Index n);
void score_softmax(const ScoreRequest& request);
void score_sigmoid(const ScoreRequest& request);
double exp_value(double x);
double log_value(double x);
double log1p_value(double x);
void add_exponentials(double* block, std::size_t n, double* lanes);
void pack(const PackRequest& request);
void multiply(Index k, Index units, Index panel, const float* w, const float* x, float* c, const LinesAhead& ahead);
void fill_rows(const float* values, Index rows, Index panel, float* c);
double burn(Index rounds, float* sink);

}  // namespace tally::TALLY_VECTOR_NAMESPACE

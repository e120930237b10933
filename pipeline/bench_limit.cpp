#include "pipeline/bench_limit.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

namespace tally::pipeline {
namespace {

struct Loss {
  double share;
  const char* name;
};

double share_of(const BenchFigures& figures, Phase phase) {
  return figures.busy * figures.phases[static_cast<std::size_t>(phase)];
}

/// The largest first.
std::vector<Loss> losses_of(const BenchFigures& figures) {
  const double gemm = share_of(figures, Phase::gemm);
  const double below_peak = std::max(0.0, gemm - figures.fraction_of_peak);
  const double padding = std::min(below_peak, figures.fraction_of_peak * (figures.issued - 1.0));
  std::vector<Loss> losses{
      {share_of(figures, Phase::pack), "packing the input"},     {share_of(figures, Phase::activation), "activations"},
      {share_of(figures, Phase::softmax), "softmax and scores"}, {padding, "padding of units and rows"},
      {below_peak - padding, "matrix products below the peak"},  {1.0 - figures.busy, "threads that wait for others"}};
  std::stable_sort(losses.begin(), losses.end(), [](const Loss& a, const Loss& b) { return a.share > b.share; });
  return losses;
}

std::string percent(double share) { return fmt::format("{:.0f} %", 100.0 * share); }

}  // namespace

double gemm_fraction_of_peak(const BenchFigures& figures) {
  const double gemm = share_of(figures, Phase::gemm);
  return gemm > 0.0 ? figures.fraction_of_peak / gemm : 0.0;
}

std::string what_limits(const BenchFigures& figures) {
  constexpr double worth_a_word = 0.01;
  constexpr double impossible = 1.1;
  const std::vector<Loss> losses = losses_of(figures);
  std::string text = losses.front().share < worth_a_word
                         ? std::string("nothing: the peak is reached")
                         : fmt::format("{} ({} of the peak)", losses.front().name, percent(losses.front().share));
  const char* separator = "; then ";
  for (std::size_t i = 1; i < losses.size() && losses[i].share >= worth_a_word; ++i) {
    text += fmt::format("{}{} ({})", separator, losses[i].name, percent(losses[i].share));
    separator = ", ";
  }
  const double gemm = gemm_fraction_of_peak(figures);
  text += gemm < impossible ? fmt::format("; matrix products run at {} of the peak", percent(gemm))
                            : std::string(
                                  "; the products seem faster than the peak: these cores were not free all "
                                  "the time, do not trust the numbers");
  if (figures.memory && *figures.memory >= worth_a_word) {
    text += fmt::format("; memory bandwidth: rows from a cache would save {} of the time", percent(*figures.memory));
  }
  return text;
}

double issued_per_useful(const Model& model, Index tile, bool edges) {
  double useful = 0.0;
  double issued = 0.0;
  for (const Layer& layer : model.layers) {
    const Index units = layer.pieces() * layer.outputs;
    const Index padded = edges ? units : (units + tile - 1) / tile * tile;
    useful += static_cast<double>(layer.inputs) * static_cast<double>(units);
    issued += static_cast<double>(layer.inputs) * static_cast<double>(padded);
  }
  return issued / useful;
}

}  // namespace tally::pipeline

// Curves of the activation functions: as text, and as a picture through gnuplot.
#pragma once

#include <string>

#include "kernels/activation.hpp"

namespace tally::pipeline {

/// f(x) of one value, by the kernel that evaluates networks.
float value_at(const Activation& activation, float x);

/// The curve on [-5, 5] in characters, `width` x `height` plus axis labels; lines end in newlines, each indented by
/// two. Local.
std::string text_curve(const Activation& activation, int width, int height);

/// Draws the curve of every elementwise activation on [-5, 5] into an SVG or PNG file (by its ending; UsageError for
/// another), written atomically. Error where gnuplot is missing or fails.
void plot_activations(const std::string& file);

}  // namespace tally::pipeline

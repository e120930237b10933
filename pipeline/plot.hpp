// Curves of the activation functions: as text, and as a picture through gnuplot.
#pragma once

#include <string>

#include "kernels/activation.hpp"

namespace tally::pipeline {

/// f(x) of one value, by the kernel that evaluates networks. The functions of several numbers are shown on an example:
/// maxout as the maximum of the two pieces -x and x, softmax as the first probability of the logits (x, 0).
float value_at(const Activation& activation, float x);

/// What value_at shows where that is not the function itself: "pieces -x and x", "logits (x, 0)"; else empty.
std::string example_of(ActivationKind kind);

/// The curve on [-5, 5] in characters, `width` x `height` plus axis labels; lines end in newlines, each indented by
/// two. Local.
std::string text_curve(const Activation& activation, int width, int height);

/// Draws the curve of every activation on [-5, 5] into an SVG or PNG file (by its ending; UsageError for
/// another), written atomically. Error where gnuplot is missing or fails.
void plot_activations(const std::string& file);

}  // namespace tally::pipeline

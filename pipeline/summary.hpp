// What `tally evaluate` tells people.
#pragma once

#include <string>

#include "io/dataset.hpp"
#include "io/model_file.hpp"
#include "io/report.hpp"
#include "kernels/counts.hpp"

namespace tally::pipeline {

/// A few lines of text: model, data, how it ran, accuracy, loss, time. Ends in a newline.
std::string summary(const io::ModelFile& model, const io::DatasetInfo& data, const Counts& counts,
                    const io::RunFacts& run, const io::PerformanceFacts& performance);

/// "28x28" or "784": the shape of one row; "1" for a single input.
std::string row_shape_string(const io::DatasetInfo& data);

/// " x 1/255", " x 0.3 - 0.5", or an empty text where the transform is the identity.
std::string transform_string(const io::DatasetInfo& data);

}  // namespace tally::pipeline

// A small network and the job of evaluating it, for tests of messages.
#pragma once

#include <cstdint>

#include "kernels/model.hpp"
#include "pipeline/job.hpp"

namespace tally::pipeline {

/// Every kind of field in use: maxout pieces, prelu slopes, parameters. 3-4-5-2.
inline Model example_model() {
  Model model;
  const auto add = [&model](Index inputs, Index outputs, const Activation& activation) {
    Layer layer;
    layer.inputs = inputs;
    layer.outputs = outputs;
    layer.activation = activation;
    for (Index i = 0; i < activation.pieces * inputs * outputs; ++i) {
      layer.weights.push_back(static_cast<float>((i * 7 + outputs) % 11 - 5) / 4.0F);
    }
    for (Index i = 0; i < activation.pieces * outputs; ++i) layer.bias.push_back(static_cast<float>(i) / 8.0F);
    model.layers.push_back(layer);
  };
  add(3, 4, {ActivationKind::maxout, 0.0F, 0.0F, 2});
  add(4, 5, {ActivationKind::prelu, 0.25F, 0.0F, 1});
  model.layers.back().slopes = {0.1F, 0.2F, 0.3F, 0.4F, 0.5F};
  add(5, 2, {ActivationKind::softmax, 0.0F, 0.0F, 1});
  return model;
}

inline Job example_job(StoredType type) {
  Job job;
  job.inputs = 3;
  job.classes = 2;
  job.transform = {0.5, -1.0};
  job.type = type;
  job.chunks = io::ChunkGrid{"data.h5: inputs",
                             17,
                             {3},
                             {4, 3},
                             size_of(type),
                             {io::ChunkFilter::shuffle, io::ChunkFilter::deflate},
                             true,
                             std::vector<std::byte>(size_of(type), std::byte{7})};
  job.ranks_read = true;
  job.shards.rows = {0, 17};
  job.limits.limit = 12345;
  job.limits.band = {4, 100, 24, 24};
  job.predictions = true;
  job.probabilities = true;
  job.stall_seconds = 12.5;
  return job;
}

}  // namespace tally::pipeline

#include "pipeline/model_broadcast.hpp"

#include "pipeline/broadcast.hpp"
#include "pipeline/bytes.hpp"

namespace tally::pipeline {
namespace {

/// What the others must know before the numbers can travel.
std::string outline(const Model& model) {
  ByteWriter writer;
  writer.put(static_cast<Index>(model.layers.size()));
  for (const Layer& layer : model.layers) {
    writer.put(layer.inputs);
    writer.put(layer.outputs);
    writer.put(layer.activation);
    writer.put(layer.weights.size());
    writer.put(layer.bias.size());
    writer.put(layer.slopes.size());
  }
  return writer.take();
}

/// Layers of that outline, all their numbers 0.
Model model_of(std::string_view outline) {
  ByteReader reader(outline);
  Model model;
  for (auto left = reader.get<Index>(); left > 0; --left) {
    Layer& layer = model.layers.emplace_back();
    layer.inputs = reader.get<Index>();
    layer.outputs = reader.get<Index>();
    layer.activation = reader.get<Activation>();
    layer.weights.resize(reader.get<std::size_t>());
    layer.bias.resize(reader.get<std::size_t>());
    layer.slopes.resize(reader.get<std::size_t>());
  }
  return model;
}

}  // namespace

void broadcast_model(const MpiSession& session, Model& model, double stall_seconds) {
  if (session.size() == 1) return;
  std::string bytes = session.root() ? outline(model) : std::string();
  broadcast(session, bytes, stall_seconds);
  if (!session.root()) model = model_of(bytes);
  for (Layer& layer : model.layers) {
    for (std::vector<float>* values : {&layer.weights, &layer.bias, &layer.slopes}) {
      broadcast(session, std::as_writable_bytes(std::span(*values)), stall_seconds);
    }
  }
}

}  // namespace tally::pipeline

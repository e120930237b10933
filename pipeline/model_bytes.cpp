#include "pipeline/model_bytes.hpp"

namespace tally::pipeline {

void put_model(ByteWriter& writer, const Model& model) {
  writer.put(static_cast<Index>(model.layers.size()));
  for (const Layer& layer : model.layers) {
    writer.put(layer.inputs);
    writer.put(layer.outputs);
    writer.put(layer.activation);
    writer.put_all(layer.weights);
    writer.put_all(layer.bias);
    writer.put_all(layer.slopes);
  }
}

Model get_model(ByteReader& reader) {
  Model model;
  for (auto left = reader.get<Index>(); left > 0; --left) {
    Layer layer;
    layer.inputs = reader.get<Index>();
    layer.outputs = reader.get<Index>();
    layer.activation = reader.get<Activation>();
    layer.weights = reader.get_all<float>();
    layer.bias = reader.get_all<float>();
    layer.slopes = reader.get_all<float>();
    model.layers.push_back(std::move(layer));
  }
  return model;
}

}  // namespace tally::pipeline

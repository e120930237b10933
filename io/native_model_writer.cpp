// Writing the native model format (io/README.md).
#include <fmt/format.h>

#include <array>

#include "io/atomic_file.hpp"
#include "io/hdf5.hpp"
#include "io/hdf5_section.hpp"
#include "io/model_file.hpp"
#include "io/native_model.hpp"
#include "io/native_parameters.hpp"

namespace tally::io {
namespace {

void write_layer(const hdf5::Group& group, const Layer& layer) {
  write_activation(group, layer);
  if (layer.activation.kind == ActivationKind::maxout) {
    group.write_floats("weights", std::array{layer.pieces(), layer.inputs, layer.outputs}, layer.weights);
    group.write_floats("bias", std::array{layer.pieces(), layer.outputs}, layer.bias);
  } else {
    group.write_floats("weights", std::array{layer.inputs, layer.outputs}, layer.weights);
    group.write_floats("bias", std::array{layer.outputs}, layer.bias);
  }
  if (!layer.slopes.empty()) group.write_floats("slopes", std::array{layer.outputs}, layer.slopes);
}

void write_model(const Model& model, const std::string& path) {
  const Hdf5Section section(path, 4 * static_cast<std::uint64_t>(model.parameters()));
  hdf5::File file = hdf5::File::create(path);
  {
    const hdf5::Group root = file.root();
    root.write_string("format", "tally-model");
    root.write_integer("version", native_model_version);
    for (std::size_t i = 0; i < model.layers.size(); ++i) {
      write_layer(root.create_group(fmt::format("layer{}", i + 1)), model.layers[i]);
    }
  }
  file.close();
}

}  // namespace

void write_native_model(const Model& model, const std::string& file) {
  check_model(model);
  AtomicFile output(file);
  output.as_target([&] { write_model(model, output.path()); });
  output.commit();
}

}  // namespace tally::io

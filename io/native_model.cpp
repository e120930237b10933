#include "io/native_model.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>
#include <utility>

#include "io/hdf5_weights.hpp"
#include "io/native_parameters.hpp"

namespace tally::io {
namespace {

void check_version(const hdf5::Group& root) {
  if (!root.has_attribute("version")) root.place().fail("says that it is a Tally model, but not of which version");
  const std::int64_t version = root.read_integer("version");
  if (version > native_model_version) {
    root.place().fail(
        fmt::format("is a Tally model of version {}; this program reads up to version {}, a newer one is "
                    "needed",
                    version, native_model_version));
  }
  if (version < 1) root.place().fail(fmt::format("is a Tally model of the impossible version {}", version));
}

/// How many layers the root holds: it must be layer1 ... layerN and nothing else, lest a layer under a mistyped name be
/// left out unnoticed.
Index count_layers(const std::string& file, const hdf5::Group& root) {
  std::set<std::string> names;
  for (const hdf5::Link& link : root.links()) {
    if (link.kind == hdf5::LinkKind::external) {
      hdf5::Place{file, link.name}.fail("is a link out of the file, which is not followed");
    }
    if (link.kind != hdf5::LinkKind::group)
      hdf5::Place{file, link.name}.fail("is none of the groups layer1, layer2 ...");
    names.insert(link.name);
  }
  const auto count = static_cast<Index>(names.size());
  if (count == 0) root.place().fail("is a Tally model without layers");
  for (Index i = 1; i <= count; ++i) names.erase(fmt::format("layer{}", i));
  if (names.empty()) return count;
  hdf5::Place{file, *names.begin()}.fail(fmt::format("is none of the groups layer1 ... layer{}", count));
}

void check_entries(const hdf5::Group& group) {
  for (const hdf5::Link& link : group.links()) {
    if (link.kind == hdf5::LinkKind::external) {
      group.place().fail(fmt::format("'{}' is a link out of the file, which is not followed", link.name));
    }
    if (link.name != "weights" && link.name != "bias" && link.name != "slopes") {
      group.place().fail(fmt::format("'{}' is none of weights, bias, slopes", link.name));
    }
  }
  for (const char* name : {"weights", "bias"}) {
    if (!group.has(name)) group.place().fail(fmt::format("has no dataset '{}'", name));
  }
}

void check_shape(const hdf5::Group& group, const NamedArray& array, const std::vector<Index>& expected,
                 const Activation& activation) {
  if (array.shape == expected) return;
  group.place().fail(fmt::format("{} has shape [{}], but {} needs [{}]", array.name, fmt::join(array.shape, ", "),
                                 to_string(activation), fmt::join(expected, ", ")));
}

Layer read_layer(const hdf5::Group& group, Hdf5Weights& reader) {
  check_entries(group);
  Layer layer;
  layer.activation = read_activation(group);
  const bool maxout = layer.activation.kind == ActivationKind::maxout;

  NamedArray weights = reader.read(group, "weights");
  if (weights.shape.size() != (maxout ? 3U : 2U)) {
    group.place().fail(fmt::format("weights has shape [{}], but {} needs {}", fmt::join(weights.shape, ", "),
                                   to_string(layer.activation),
                                   maxout ? "[pieces, inputs, outputs]" : "[inputs, outputs]"));
  }
  layer.inputs = weights.shape[weights.shape.size() - 2];
  layer.outputs = weights.shape.back();
  NamedArray bias = reader.read(group, "bias");
  if (maxout) {
    check_shape(group, weights, {layer.pieces(), layer.inputs, layer.outputs}, layer.activation);
    check_shape(group, bias, {layer.pieces(), layer.outputs}, layer.activation);
  } else {
    check_shape(group, bias, {layer.outputs}, layer.activation);
  }
  if (group.has("slopes")) {
    NamedArray slopes = reader.read(group, "slopes");
    check_shape(group, slopes, {layer.outputs}, layer.activation);
    layer.slopes = std::move(slopes.values);
  }
  layer.weights = std::move(weights.values);
  layer.bias = std::move(bias.values);
  return layer;
}

}  // namespace

bool is_native_model(const hdf5::Group& root) {
  if (!root.has_attribute("format")) return false;
  try {
    return root.read_string("format") == "tally-model";
  } catch (const Error&) {
    return false;  // an attribute of that name and another type is somebody else's
  }
}

Model read_native_model(const std::string& file, const hdf5::Group& root) {
  check_version(root);
  const Index count = count_layers(file, root);
  Hdf5Weights reader(file);
  Model model;
  for (Index i = 1; i <= count; ++i) {
    model.layers.push_back(read_layer(root.open_group(fmt::format("layer{}", i)), reader));
  }
  try {
    check_model(model);
  } catch (const Error& error) {
    throw Error(fmt::format("{}: {}", file, error.what()));
  }
  return model;
}

}  // namespace tally::io

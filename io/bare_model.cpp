#include "io/bare_model.hpp"

#include <algorithm>

#include "io/hdf5_weights.hpp"

namespace tally::io {

bool is_bare_model(const hdf5::Group& root) { return root.has("W1") || root.has("w1"); }

std::vector<NamedArray> read_bare_model(const std::string& file, const hdf5::Group& root) {
  const std::vector<hdf5::Link> links = root.links();
  for (const hdf5::Link& link : links) {
    if (link.kind == hdf5::LinkKind::external) {
      hdf5::Place{file, link.name}.fail("is a link out of the file, which is not followed");
    }
    if (link.kind != hdf5::LinkKind::dataset || !is_weight_name(link.name)) {
      hdf5::Place{file, link.name}.fail("is none of the datasets W1, b1, W2, b2 ...");
    }
  }
  Hdf5Weights weights(file);
  std::vector<NamedArray> arrays;
  for (const hdf5::Link& link : links) arrays.push_back(weights.read(root, link.name));
  return arrays;
}

}  // namespace tally::io

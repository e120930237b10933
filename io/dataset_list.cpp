#include "io/dataset_list.hpp"

#include <set>
#include <utility>

#include "io/hdf5_section.hpp"

namespace tally::io {
namespace {

constexpr std::size_t most_entries = 10'000;
constexpr std::size_t most_named = 40;
constexpr int deepest_group = 64;

#if H5_VERSION_GE(1, 12, 0)
using ObjectInfo = H5O_info1_t;
#else
using ObjectInfo = H5O_info_t;
#endif

class Walk {
 public:
  void visit(const hdf5::Group& group, int depth) {
    if (depth > deepest_group) group.place().fail("groups are nested too deeply");
    // Hard and soft links can make circles: each group is listed once.
    ObjectInfo info{};
    group.place().check(H5Oget_info2(group.id(), &info, H5O_INFO_BASIC), "cannot be read");
    if (!visited_.insert(info.addr).second) return;
    for (const hdf5::Link& link : group.links()) {
      if (link.kind == hdf5::LinkKind::dataset) add(group.open_dataset(link.name));
      if (link.kind == hdf5::LinkKind::group) visit(group.open_group(link.name), depth + 1);
    }
  }
  std::vector<DatasetEntry> entries;

 private:
  void add(const hdf5::Dataset& dataset) {
    if (entries.size() >= most_entries)
      hdf5::Place{dataset.place().file, ""}.fail("holds more than " + std::to_string(most_entries) + " datasets");
    const hdf5::Dataspace space(dataset.place().check(H5Dget_space(dataset.id()), "has no readable shape"));
    const bool null = H5Sget_simple_extent_type(space.get()) == H5S_NULL;  // h5py.Empty
    entries.push_back(
        {dataset.place().object, null ? std::vector<Index>{0} : dataset.shape(), dataset.dtype(), dataset.layout()});
  }
  std::set<haddr_t> visited_;
};

}  // namespace

std::vector<DatasetEntry> list_datasets(const hdf5::Group& root) {
  Walk walk;
  walk.visit(root, 0);
  return std::move(walk.entries);
}

std::vector<DatasetEntry> list_datasets(const std::string& file) {
  const Hdf5Section section(file);
  return list_datasets(hdf5::File::open(file).root());
}

std::string shape_text(const std::vector<Index>& shape) {
  std::string text = "[";
  for (std::size_t i = 0; i < shape.size(); ++i) text.append(i == 0 ? "" : ", ").append(std::to_string(shape[i]));
  return text + "]";
}

std::string describe(const DatasetEntry& entry) { return entry.dtype + " " + shape_text(entry.shape); }

std::string joined(const std::vector<DatasetEntry>& entries) {
  if (entries.empty()) return "no dataset";
  std::string text;
  for (std::size_t i = 0; i < entries.size() && i < most_named; ++i)
    text.append(i == 0 ? "" : ", ").append(entries[i].path).append(" ").append(describe(entries[i]));
  if (entries.size() > most_named) text += " and " + std::to_string(entries.size() - most_named) + " more";
  return text;
}

}  // namespace tally::io

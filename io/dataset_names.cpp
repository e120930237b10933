#include "io/dataset_names.hpp"

#include <algorithm>
#include <functional>
#include <set>
#include <utility>
#include <vector>

#include "io/dataset_list.hpp"

namespace tally::io {
namespace {

using Pair = std::pair<std::string, std::string>;

/// Names without a word for the part of the data, which people put before or after them.
const std::vector<Pair>& plain_pairs() {
  static const std::vector<Pair> pairs{
      {"inputs", "labels"},
      {"inputs", "targets"},
      {"input", "label"},
      {"input", "target"},
      {"x", "t"},
      {"x", "y"},
      {"X", "y"},
      {"X", "Y"},
      {"X", "t"},
      {"data", "label"},
      {"data", "labels"},
      {"data", "target"},
      {"data", "targets"},
      {"images", "labels"},
      {"image", "label"},
      {"features", "labels"},
      {"features", "label"},
      {"features", "targets"},
      {"samples", "labels"},
      {"x", "labels"},
      {"X", "labels"},
      {"features", "target"},
  };
  return pairs;
}

std::vector<Pair> make_usual_pairs() {
  std::vector<Pair> pairs = plain_pairs();
  for (const std::string part : {"test", "train", "val", "valid", "validation"})
    for (const auto& [inputs, labels] : plain_pairs()) {
      pairs.emplace_back(inputs + "_" + part, labels + "_" + part);
      pairs.emplace_back(part + "_" + inputs, part + "_" + labels);
      pairs.emplace_back(part + "_set_" + inputs, part + "_set_" + labels);
    }
  return pairs;
}

const std::vector<Pair>& usual_pairs() {
  static const std::vector<Pair> pairs = make_usual_pairs();
  return pairs;
}

std::string group_of(const std::string& path) { return path.substr(0, path.rfind('/') + 1); }

[[noreturn]] void fail(const hdf5::Group& root, const std::string& what, const std::vector<DatasetEntry>& entries) {
  hdf5::Place{root.place().file, ""}.fail(what + "; it holds " + joined(entries));
}

/// The absolute path of a dataset the user named.
std::string named(const hdf5::Group& root, const std::string& path) {
  std::string absolute = path.starts_with('/') ? path : "/" + path;
  if (!root.has(absolute)) {
    try {
      root.open_dataset(absolute);  // its own words, should it be a link that is not followed
    } catch (const Error& error) {
      if (std::string(error.what()).find("no such dataset") == std::string::npos) throw;
    }
    fail(root, "no dataset " + absolute, list_datasets(root));
  }
  return absolute;
}

/// Every pair of usual names both of which exist in one group, of which `wanted` is true.
std::vector<DatasetNames> matches(const std::vector<DatasetEntry>& entries,
                                  const std::function<bool(const DatasetNames&)>& wanted) {
  std::set<std::string> paths;
  std::set<std::string> groups;
  for (const DatasetEntry& entry : entries) {
    paths.insert(entry.path);
    groups.insert(group_of(entry.path));
  }
  std::vector<DatasetNames> found;
  for (const std::string& group : groups)
    for (const auto& [inputs, labels] : usual_pairs()) {
      const DatasetNames names{group + inputs, group + labels};
      if (paths.contains(names.inputs) && paths.contains(names.labels) && wanted(names)) found.push_back(names);
    }
  return found;
}

std::string listed(const std::vector<DatasetNames>& pairs) {
  std::string text;
  for (const DatasetNames& pair : pairs)
    text.append(text.empty() ? "" : ", ").append(pair.inputs).append(" with ").append(pair.labels);
  return text;
}

/// The other half of a pair of which the user named one.
DatasetNames with_partner(const hdf5::Group& root, const std::string& given, bool given_is_inputs) {
  const std::vector<DatasetEntry> entries = list_datasets(root);
  const char* other = given_is_inputs ? "labels" : "inputs";
  const auto found = matches(
      entries, [&](const DatasetNames& names) { return given == (given_is_inputs ? names.inputs : names.labels); });
  if (found.size() == 1) return found.front();
  if (found.size() > 1)
    fail(root, std::string("more than one dataset could be the ") + other + " (" + listed(found) + "): say --" + other,
         entries);
  const std::string partner = group_of(given) + other;
  const bool exists =
      std::any_of(entries.begin(), entries.end(), [&](const DatasetEntry& entry) { return entry.path == partner; });
  if (!exists || partner == given)
    fail(root, std::string("the ") + other + " that belong to " + given + " are not clear: say --" + other, entries);
  return given_is_inputs ? DatasetNames{given, partner} : DatasetNames{partner, given};
}

}  // namespace

DatasetNames find_datasets(const hdf5::Group& root, const DatasetRequest& request) {
  if (request.inputs && request.labels) return {named(root, *request.inputs), named(root, *request.labels)};
  if (request.inputs) return with_partner(root, named(root, *request.inputs), true);
  if (request.labels) return with_partner(root, named(root, *request.labels), false);
  if (root.has("/inputs") && root.has("/labels")) return {"/inputs", "/labels"};

  const std::vector<DatasetEntry> entries = list_datasets(root);
  const auto found = matches(entries, [](const DatasetNames&) { return true; });
  if (found.size() == 1) return found.front();
  if (found.empty()) fail(root, "holds no inputs and labels under a usual name: say --inputs and --labels", entries);
  fail(root, "more than one pair could be inputs and labels (" + listed(found) + "): say --inputs and --labels",
       entries);
}

}  // namespace tally::io

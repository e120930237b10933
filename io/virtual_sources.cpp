#include "io/virtual_sources.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <optional>
#include <set>
#include <system_error>
#include <utility>
#include <vector>

#include "io/hdf5_section.hpp"

namespace tally::io {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t deepest_nesting = 8;  // of virtual datasets made of virtual datasets
constexpr std::size_t most_sources = 100'000;
constexpr std::uint64_t source_allowance = std::uint64_t{1} << 20;  // bytes that take as long as opening a file

using Source = std::pair<std::string, std::string>;  // real path of the file, absolute path of the dataset inside

/// The strings of one mapping: libhdf5 gives their length first.
template <typename Function>
std::string mapping_text(const hdf5::Place& place, Function get, hid_t creation, std::size_t index) {
  const ssize_t length = place.check(get(creation, index, nullptr, std::size_t{0}), "has no readable virtual sources");
  std::string text(static_cast<std::size_t>(length) + 1, '\0');
  place.check(get(creation, index, text.data(), text.size()), "has no readable virtual sources");
  text.pop_back();
  return text;
}

/// libhdf5 takes %b for the number of a block and %% for a percent sign.
std::string unescaped(const hdf5::Place& place, const std::string& name) {
  std::string plain;
  for (std::size_t i = 0; i < name.size(); ++i) {
    plain += name[i];
    if (name[i] != '%' || i + 1 == name.size()) continue;
    if (name[i + 1] == 'b') place.fail("has numbered virtual sources (" + name + "), which are not supported");
    if (name[i + 1] == '%') ++i;
  }
  return plain;
}

class SourceCheck {
 public:
  explicit SourceCheck(const hdf5::Dataset& dataset) : top_(dataset.place()) {
    std::error_code code;
    file_ = fs::canonical(top_.file, code);
    if (code) top_.fail(code.message());
    folder_ = file_.parent_path();
    check(dataset, {file_.string(), top_.object});
  }
  const StoragePlan& plan() const { return plan_; }

 private:
  /// `self` is the dataset's place, its file by the real path.
  void check(const hdf5::Dataset& dataset, const Source& self) {
    // libhdf5 would follow a circle until its stack ends.
    if (std::find(active_.begin(), active_.end(), self) != active_.end())
      top_.fail("its virtual sources lead in a circle");
    if (active_.size() > deepest_nesting) top_.fail("its virtual sources are nested too deeply");
    active_.push_back(self);
    const hdf5::PropertyList creation = dataset.creation();
    std::size_t count = 0;
    top_.check(H5Pget_virtual_count(creation.get(), &count), "has no readable virtual sources");
    if (count > most_sources) top_.fail("has more than " + std::to_string(most_sources) + " virtual sources");
    if (count == 0) top_.fail("is a virtual dataset without sources");
    for (std::size_t i = 0; i < count; ++i) {
      const std::string name = unescaped(top_, mapping_text(top_, H5Pget_virtual_filename, creation.get(), i));
      std::string object = unescaped(top_, mapping_text(top_, H5Pget_virtual_dsetname, creation.get(), i));
      if (!object.starts_with('/')) object.insert(0, 1, '/');
      const Source source{name == "." ? self.first : resolved(name, self.first).string(), object};
      if (!checked_.contains(source)) check_source(source);
      checked_.insert(source);
    }
    active_.pop_back();
  }

  /// Where libhdf5 will find the file: absolute, or beside the file that names it.
  fs::path resolved(const std::string& name, const fs::path& holder) const {
    const fs::path path(name);
    for (const fs::path& part : path)
      if (part == "..") top_.fail("its virtual source " + name + " lies outside the file's folder");
    std::error_code code;
    const fs::path real =
        fs::canonical(holder.parent_path() / path, code);  // an absolute `path` replaces the left side
    if (code) top_.fail("its virtual source " + name + ": " + code.message());
    const auto inside = std::mismatch(folder_.begin(), folder_.end(), real.begin(), real.end());
    if (inside.first != folder_.end()) top_.fail("its virtual source " + name + " lies outside the file's folder");
    return real;
  }

  void check_source(const Source& source) {
    const Hdf5Section section(top_.file, source_allowance);  // time for one more file
    if (!root_ || root_->place().file != source.first) root_.emplace(hdf5::File::open(source.first).root());
    const hdf5::Dataset dataset = root_->open_dataset(source.second);
    plan_.extra_bytes += source_allowance;
    const hdf5::PropertyList creation = dataset.creation();
    if (H5Pget_layout(creation.get()) == H5D_VIRTUAL) {
      check(dataset, source);
      return;
    }
    const StoragePlan needed = check_dataset_storage(dataset);
    plan_.chunk_cache_bytes = std::max(plan_.chunk_cache_bytes, needed.chunk_cache_bytes);
    plan_.extra_bytes += needed.extra_bytes;
    plan_.slowness = std::max(plan_.slowness, needed.slowness);
  }

  hdf5::Place top_;
  fs::path file_;  // its real path
  fs::path folder_;
  std::optional<hdf5::Group> root_;  // of the file opened last: mappings usually come file by file
  std::set<Source> checked_;
  std::vector<Source> active_;  // the chain of virtual datasets being checked
  StoragePlan plan_;
};

}  // namespace

StoragePlan check_virtual_sources(const hdf5::Dataset& dataset) {
  const char* prefix = std::getenv("HDF5_VDS_PREFIX");
  if (prefix && *prefix)
    dataset.place().fail("is a virtual dataset, and HDF5_VDS_PREFIX would look for its sources elsewhere: unset it");
  return SourceCheck(dataset).plan();
}

}  // namespace tally::io

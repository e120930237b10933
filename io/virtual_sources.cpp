#include "io/virtual_sources.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "io/dataset_list.hpp"
#include "io/hdf5_section.hpp"
#include "io/virtual_mapping.hpp"

namespace tally::io {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t deepest_nesting = 8;                          // of virtual datasets made of virtual datasets
constexpr std::uint64_t source_allowance = std::uint64_t{1} << 20;  // bytes that take as long as opening a file

using Source = std::pair<std::string, std::string>;  // real path of the file, absolute path of the dataset inside

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
    std::uint64_t provided = 0;
    bool unlimited = false;
    for (const VirtualMapping& mapping : virtual_mappings(dataset)) {
      const Source source{mapping.file == "." ? self.first : resolved(mapping.file, self.first).string(),
                          mapping.object};
      if (!checked_.contains(source)) checked_.emplace(source, check_source(source));
      check_extent(mapping, checked_.at(source));
      if (active_.size() == 1) note_rows(mapping, source);
      provided += mapping.elements.value_or(0);
      unlimited = unlimited || !mapping.elements;
    }
    // Fill values would be evaluated as if they were data. (It also bounds what a damaged shape can ask for.)
    const std::uint64_t wanted = hdf5::checked_bytes(top_, dataset.shape(), 1);
    // Parts that overlap leave a gap elsewhere though their sizes add up.
    if (!unlimited && provided >= wanted) provided = std::min(provided, covered_elements(dataset).value_or(provided));
    if (!unlimited && provided < wanted)
      top_.fail("its virtual sources provide only " + std::to_string(provided) + " of its values");
    active_.pop_back();
    if (active_.empty()) keep_rows(dataset.shape());
  }

  void note_rows(const VirtualMapping& mapping, const Source& source) {
    const std::vector<Index>& shape = checked_.at(source);
    if (shape.empty() || !mapping.rows || !(mapping.takes_all || mapping.source_rows)) {
      whole_rows_ = false;
      return;
    }
    const RowBlock all{0, shape.front(), {shape.begin() + 1, shape.end()}};
    const RowBlock& rows = *mapping.rows;
    const RowBlock& from = mapping.takes_all ? all : *mapping.source_rows;
    whole_rows_ =
        whole_rows_ && rows.row_shape == all.row_shape && from.row_shape == all.row_shape && rows.count == from.count;
    if (whole_rows_) plan_.source_rows.push_back({rows.first, rows.count, number_of(source), from.first});
  }

  std::size_t number_of(const Source& source) {
    const auto [found, added] = numbers_.emplace(source, plan_.sources.size());
    if (added) plan_.sources.push_back({source.first, source.second});
    return found->second;
  }

  /// If they are all of its rows, each once.
  void keep_rows(const std::vector<Index>& shape) {
    std::ranges::sort(plan_.source_rows, {}, &SourceRows::first);
    Index end = 0;
    for (const SourceRows& part : plan_.source_rows) {
      whole_rows_ = whole_rows_ && part.first == end;
      if (!whole_rows_) break;
      end += part.count;
    }
    if (whole_rows_ && !shape.empty() && end == shape.front()) return;
    plan_.source_rows.clear();
    plan_.sources.clear();
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

  /// libhdf5 would take fill values for what lies beyond the source's end.
  void check_extent(const VirtualMapping& mapping, const std::vector<Index>& shape) const {
    const std::string name = "its virtual source " + mapping.file + ": " + mapping.object;
    if (mapping.source_end.empty()) {
      if (mapping.elements && *mapping.elements > hdf5::checked_bytes(top_, shape, 1))
        top_.fail(name + " has fewer values than are mapped");
      return;
    }
    if (mapping.source_end.size() != shape.size()) top_.fail(name + " has another number of dimensions than is mapped");
    for (std::size_t i = 0; i < shape.size(); ++i)
      if (mapping.source_end[i] > shape[i])
        top_.fail(name + " has the shape " + shape_text(shape) + ", but is mapped to " +
                  shape_text(mapping.source_end));
  }

  /// Returns the source's shape.
  std::vector<Index> check_source(const Source& source) {
    const Hdf5Section section(top_.file, source_allowance);  // time for one more file
    if (!root_ || root_->place().file != source.first) root_.emplace(hdf5::File::open(source.first).root());
    const hdf5::Dataset dataset = root_->open_dataset(source.second);
    if (std::find(plan_.files.begin(), plan_.files.end(), source.first) == plan_.files.end()) {
      plan_.files.push_back(source.first);
    }
    plan_.extra_bytes += source_allowance;
    const hdf5::PropertyList creation = dataset.creation();
    if (H5Pget_layout(creation.get()) == H5D_VIRTUAL) {
      check(dataset, source);
      return dataset.shape();
    }
    const StoragePlan needed = check_dataset_storage(dataset);
    plan_.chunks.insert(plan_.chunks.end(), needed.chunks.begin(), needed.chunks.end());
    plan_.leaves_gaps = plan_.leaves_gaps || needed.leaves_gaps;
    plan_.extra_bytes += needed.extra_bytes;
    plan_.slowness = std::max(plan_.slowness, needed.slowness);
    return dataset.shape();
  }

  hdf5::Place top_;
  fs::path file_;  // its real path
  fs::path folder_;
  std::optional<hdf5::Group> root_;               // of the file opened last: mappings usually come file by file
  std::map<Source, std::vector<Index>> checked_;  // and their shapes
  std::vector<Source> active_;                    // the chain of virtual datasets being checked
  bool whole_rows_ = true;                        // are all that the first of them is made of
  std::map<Source, std::size_t> numbers_;         // in the plan's sources
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

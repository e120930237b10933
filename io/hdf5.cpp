// Handles, error text, files and groups. Attributes and arrays are in files of their own.
#include "io/hdf5.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

namespace tally::io::hdf5 {
namespace {

constexpr std::size_t longest_error_text = 300;
constexpr std::size_t most_links = 100'000;

/// The file an external link would have led to, where one was just refused.
thread_local std::string refused_link;

herr_t refuse_external_link(const char*, const char*, const char* file, const char*, unsigned*, hid_t, void*) {
  try {
    refused_link = file ? file : "";
  } catch (...) {
  }
  return -1;
}

/// An access property list of the given class under which no link out of the file is followed.
PropertyList confined_access(hid_t property_class, const Place& place) {
  PropertyList list(place.check(H5Pcreate(property_class), "cannot make a property list"));
  place.check(H5Pset_elink_cb(list.get(), refuse_external_link, nullptr), "cannot make a property list");
  return list;
}

extern "C" herr_t collect_errors(unsigned, const H5E_error2_t* error, void* texts) {
  try {
    static_cast<std::vector<std::string>*>(texts)->emplace_back(error->desc ? error->desc : "");
    return 0;
  } catch (...) {
    return -1;
  }
}

/// libhdf5 looks for its signature at 0, 512, 1024, 2048 ...; so do we, to tell "not HDF5" from "damaged".
bool has_signature(const std::string& name, std::uint64_t length) {
  constexpr char signature[] = "\x89HDF\r\n\x1a\n";
  std::ifstream stream(name, std::ios::binary);
  for (std::uint64_t offset = 0; offset + 8 <= length; offset = offset == 0 ? 512 : 2 * offset) {
    char bytes[8] = {};
    stream.seekg(static_cast<std::streamoff>(offset));
    if (!stream.read(bytes, sizeof bytes)) return false;
    if (std::memcmp(bytes, signature, sizeof bytes) == 0) return true;
  }
  return false;
}

/// Checks that need no libhdf5: their messages are plainer than its own.
void check_before_open(const Place& place) {
  std::error_code code;
  const auto status = std::filesystem::status(place.file, code);
  if (status.type() == std::filesystem::file_type::not_found) place.fail("no such file");
  if (code) place.fail(code.message());
  if (std::filesystem::is_directory(status)) place.fail("is a folder, not a file");
  if (!std::filesystem::is_regular_file(status)) place.fail("is no regular file");
  errno = 0;
  if (!std::ifstream(place.file, std::ios::binary)) place.fail(std::generic_category().message(errno));
  const std::uint64_t length = std::filesystem::file_size(place.file, code);
  if (code) place.fail(code.message());
  if (length == 0) place.fail("is empty");
  if (!has_signature(place.file, length)) place.fail("is not an HDF5 file");
}

[[noreturn]] void fail_open(const Place& place) {
  const std::string text = take_error_stack();
  unsigned long long length = 0;
  unsigned long long expected = 0;
  const std::size_t eof = text.find("eof = ");
  const std::size_t stored = text.find("stored_eof = ");
  if (eof != std::string::npos && stored != std::string::npos &&
      std::sscanf(text.c_str() + eof, "eof = %llu", &length) == 1 &&
      std::sscanf(text.c_str() + stored, "stored_eof = %llu", &expected) == 1)
    place.fail("truncated: " + std::to_string(length) + " bytes of " + std::to_string(expected));
  place.fail("damaged or not readable: " + text);
}

/// libhdf5 reads its environment once, here. Locking is turned off there (unless the user decided) because the access
/// list of File::open does not reach the source files of virtual datasets, and libhdf5 opens no file under both rules.
bool initialize_library() {
  constexpr char variable[] = "HDF5_USE_FILE_LOCKING";
  const bool decided = std::getenv(variable) != nullptr;
  if (!decided) setenv(variable, "FALSE", 0);
  H5dont_atexit();
  // Any H5F call: that part of the library initialises itself, and reads the variable, no sooner.
  const bool opened = H5open() >= 0 && H5Fget_obj_count(static_cast<hid_t>(H5F_OBJ_ALL), H5F_OBJ_FILE) >= 0;
  if (!decided) unsetenv(variable);
  return opened;
}

}  // namespace

void initialize_thread() {
  static const bool initialized = initialize_library();
  // The error stack, and whether it prints itself, belongs to the thread where libhdf5 is thread-safe.
  thread_local const bool quiet = H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr) >= 0;
  if (!initialized || !quiet) throw Error("libhdf5 cannot be initialised");
}

std::string take_error_stack() {
  std::vector<std::string> texts;
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, collect_errors, &texts);
  H5Eclear2(H5E_DEFAULT);
  if (texts.empty()) return "libhdf5 gives no reason";
  // The outermost says what was tried, the innermost why it failed; what lies between are the library's corridors.
  std::string line = texts.front();
  if (texts.size() > 1 && texts.back() != texts.front()) line += ": " + texts.back();
  std::replace_if(
      line.begin(), line.end(), [](unsigned char c) { return c < 32 || c == 127; }, ' ');
  if (line.size() > longest_error_text) line = line.substr(0, longest_error_text) + "...";
  return line;
}

void Place::fail(const std::string& text) const {
  throw Error(object.empty() ? file + ": " + text : file + ": " + object + ": " + text);
}

void Place::fail_hdf5(const std::string& text) const { fail(text + ": " + take_error_stack()); }

File File::open(const std::string& name) {
  const Place place{name, ""};
  check_before_open(place);
  PropertyList access(place.check(H5Pcreate(H5P_FILE_ACCESS), "cannot make a property list"));
#if H5_VERSION_GE(1, 12, 1) || (H5_VERSION_GE(1, 10, 7) && !H5_VERSION_GE(1, 12, 0))
  place.check(H5Pset_file_locking(access.get(), false, true), "cannot turn off file locking");
#endif
  // By its real path: sources of virtual datasets are then sought beside the file itself, not beside a link to it.
  std::error_code code;
  const std::string real = std::filesystem::canonical(name, code).string();
  if (code) place.fail(code.message());
  Handle<H5Fclose> handle(H5Fopen(real.c_str(), H5F_ACC_RDONLY, access.get()));
  if (handle.get() < 0) fail_open(place);
  return File(std::move(handle), name);
}

File File::create(const std::string& name) {
  Handle<H5Fclose> handle(H5Fcreate(name.c_str(), H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT));
  Place{name, ""}.check(handle.get(), "cannot be created");
  return File(std::move(handle), name);
}

Group File::root() const {
  Place place{name_, "/"};
  Handle<H5Oclose> handle(place.check(H5Oopen(handle_.get(), "/", H5P_DEFAULT), "cannot be opened"));
  return Group(std::move(handle), std::move(place));
}

void File::close() {
  const Place place{name_, ""};
  place.check(H5Fflush(handle_.get(), H5F_SCOPE_LOCAL), "cannot be written");
  handle_ = Handle<H5Fclose>();
}

Place Group::child(const std::string& path) const {
  if (path.starts_with('/')) return {place().file, path};
  const std::string& parent = place().object;
  return {place().file, parent.ends_with('/') ? parent + path : parent + "/" + path};
}

bool Group::has(const std::string& path) const {
  const PropertyList access = confined_access(H5P_LINK_ACCESS, place());
  const std::string object = child(path).object;
  // H5Lexists wants every link on the way to exist, so they are asked for one by one.
  bool found = true;
  for (std::size_t end = 1; found && end < object.size();) {
    end = std::min(object.find('/', end + 1), object.size());
    found = H5Lexists(id(), object.substr(0, end).c_str(), access.get()) > 0;
  }
  found = found && H5Oexists_by_name(id(), object.c_str(), access.get()) > 0;
  H5Eclear2(H5E_DEFAULT);
  return found;
}

LinkKind Group::kind_of(const char* name) const {
  const PropertyList access = confined_access(H5P_LINK_ACCESS, place());
  refused_link.clear();
  const Handle<H5Oclose> object(H5Oopen(id(), name, access.get()));
  H5Eclear2(H5E_DEFAULT);
  switch (object.get() < 0 ? H5I_BADID : H5Iget_type(object.get())) {
    case H5I_GROUP:
      return LinkKind::group;
    case H5I_DATASET:
      return LinkKind::dataset;
    case H5I_DATATYPE:
      return LinkKind::datatype;
    default:
      return refused_link.empty() ? LinkKind::broken : LinkKind::external;
  }
}

extern "C" herr_t collect_link(hid_t, const char* name, const H5L_info_t*, void* names) {
  try {
    auto& list = *static_cast<std::vector<std::string>*>(names);
    if (list.size() >= most_links) return -1;
    list.emplace_back(name);
    return 0;
  } catch (...) {
    return -1;
  }
}

std::vector<Link> Group::links() const {
  std::vector<std::string> names;
  hsize_t position = 0;
  if (H5Literate(id(), H5_INDEX_NAME, H5_ITER_INC, &position, collect_link, &names) < 0) {
    if (names.size() >= most_links) place().fail("more than " + std::to_string(most_links) + " links");
    place().fail_hdf5("cannot be listed");
  }
  std::vector<Link> links;
  for (const std::string& name : names) links.push_back({name, kind_of(name.c_str())});
  return links;
}

namespace {

/// Says why an object could not be opened, in the plainest words there are.
[[noreturn]] void fail_open_object(const Group& group, const Place& place, const char* wanted) {
  if (!refused_link.empty()) {
    H5Eclear2(H5E_DEFAULT);
    place.fail("is a link to another file (" + refused_link + "), which is not followed");
  }
  const std::string reason = take_error_stack();
  if (!group.has(place.object)) place.fail(std::string("no such ") + wanted);
  place.fail("cannot be opened: " + reason);
}

}  // namespace

Group Group::open_group(const std::string& path) const {
  Place inside = child(path);
  const PropertyList access = confined_access(H5P_LINK_ACCESS, inside);
  refused_link.clear();
  Handle<H5Oclose> object(H5Oopen(id(), inside.object.c_str(), access.get()));
  if (object.get() < 0) fail_open_object(*this, inside, "group");
  if (H5Iget_type(object.get()) != H5I_GROUP) inside.fail("is no group");
  return Group(std::move(object), std::move(inside));
}

Dataset Group::open_dataset(const std::string& path, const std::optional<ChunkCache>& cache) const {
  Place inside = child(path);
  const PropertyList link_access = confined_access(H5P_LINK_ACCESS, inside);
  refused_link.clear();
  Handle<H5Oclose> object(H5Oopen(id(), inside.object.c_str(), link_access.get()));
  if (object.get() < 0) fail_open_object(*this, inside, "dataset");
  if (H5Iget_type(object.get()) != H5I_DATASET) inside.fail("is no dataset");
  if (!cache) return Dataset(std::move(object), std::move(inside));

  // w0 = 0: the least recently used chunk leaves first.
  const PropertyList access = confined_access(H5P_DATASET_ACCESS, inside);
  inside.check(H5Pset_chunk_cache(access.get(), cache->slots, cache->bytes, 0.0), "cannot set the chunk cache");
  object = Handle<H5Oclose>();
  Handle<H5Oclose> dataset(H5Dopen2(id(), inside.object.c_str(), access.get()));
  if (dataset.get() < 0) fail_open_object(*this, inside, "dataset");
  return Dataset(std::move(dataset), std::move(inside));
}

Group Group::create_group(const std::string& name) const {
  Place inside = child(name);
  Handle<H5Oclose> group(H5Gcreate2(id(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  inside.check(group.get(), "cannot be created");
  return Group(std::move(group), std::move(inside));
}

Dataset Group::create_dataset(const std::string& name, hid_t type, std::span<const Index> shape) const {
  Place inside = child(name);
  const std::vector<hsize_t> dimensions(shape.begin(), shape.end());
  const Dataspace space(shape.empty() ? H5Screate(H5S_SCALAR)
                                      : H5Screate_simple(static_cast<int>(shape.size()), dimensions.data(), nullptr));
  inside.check(space.get(), "cannot make its shape");
  const PropertyList links(inside.check(H5Pcreate(H5P_LINK_CREATE), "cannot make a property list"));
  inside.check(H5Pset_create_intermediate_group(links.get(), 1), "cannot make a property list");
  // Without the time of writing, the same content is the same bytes.
  const PropertyList creation(inside.check(H5Pcreate(H5P_DATASET_CREATE), "cannot make a property list"));
  inside.check(H5Pset_obj_track_times(creation.get(), false), "cannot make a property list");
  Handle<H5Oclose> dataset(H5Dcreate2(id(), name.c_str(), type, space.get(), links.get(), creation.get(), H5P_DEFAULT));
  inside.check(dataset.get(), "cannot be created");
  return Dataset(std::move(dataset), std::move(inside));
}

Dataset Group::write_floats(const std::string& name, std::span<const Index> shape,
                            std::span<const float> values) const {
  Dataset dataset = create_dataset(name, H5T_IEEE_F32LE, shape);
  const std::uint64_t bytes = checked_bytes(dataset.place(), shape, sizeof(float));
  if (bytes != values.size_bytes())
    dataset.place().fail(std::to_string(values.size()) + " values for a shape of " +
                         std::to_string(bytes / sizeof(float)));
  dataset.write(H5T_NATIVE_FLOAT, values.data());
  return dataset;
}

}  // namespace tally::io::hdf5

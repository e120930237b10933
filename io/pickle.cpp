#include "io/pickle.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>
#include <utility>

#include "io/pickle_machine.hpp"
#include "io/pickle_numpy.hpp"

namespace tally::io {
namespace {

NamedArray convert(const std::string& file, const std::string& name, const PickleArray& array) {
  NumpyArray numpy = array.array;
  std::string decoded;
  numpy.bytes = array.data.bytes;
  if (array.data.latin1_text) {
    auto encoded = encode_latin1(array.data.bytes);
    if (!encoded) throw Error(fmt::format("{}: the bytes of '{}' are no Latin-1 text", file, name));
    decoded = std::move(*encoded);
    numpy.bytes = decoded;
  }
  const std::vector<Index> shape = shape_of(numpy);
  if (shape.empty() || shape.size() > 3) {
    throw Error(fmt::format("{}: '{}' has {} dimensions, not 1 to 3", file, name, shape.size()));
  }
  return {name, shape, to_float32(numpy)};
}

}  // namespace

bool looks_like_pickle(const std::string& bytes) {
  return bytes.size() >= 2 && bytes[0] == '\x80' && bytes[1] >= 2 && bytes[1] <= 5;
}

std::vector<NamedArray> read_pickle(const std::string& file, const std::string& bytes) {
  if (!looks_like_pickle(bytes)) throw Error(fmt::format("{}: is no pickle of protocol 2 to 5", file));
  PickleMachine machine(file, bytes);
  const PickleRef root = machine.run();
  const PickleArena& arena = machine.arena();
  const auto* dict = std::get_if<PickleDict>(&arena[root]);
  if (dict == nullptr) throw Error(fmt::format("{}: the pickle is no dict of arrays", file));

  std::vector<NamedArray> arrays;
  std::set<std::string> names;
  std::size_t bytes_taken = 0;
  for (std::size_t i = 0; i < dict->items.size(); i += 2) {
    const auto key = text_of(arena[dict->items[i]]);
    if (!key) throw Error(fmt::format("{}: a key of the pickled dict is no text", file));
    const std::string shown = printable(*key);
    if (!names.emplace(*key).second) throw Error(fmt::format("{}: the pickle names '{}' twice", file, shown));
    const auto* array = std::get_if<PickleArray>(&arena[dict->items[i + 1]]);
    if (array == nullptr || !array->built) throw Error(fmt::format("{}: '{}' is no NumPy array", file, shown));
    // A few bytes may name one large array again and again; each mention would cost its memory anew.
    bytes_taken += array->data.bytes.size();
    if (bytes_taken > bytes.size()) {
      throw Error(fmt::format("{}: the pickle's arrays share their bytes; only distinct arrays are read", file));
    }
    arrays.push_back(convert(file, shown, *array));
  }
  return arrays;
}

}  // namespace tally::io

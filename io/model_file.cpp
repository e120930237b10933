#include "io/model_file.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "io/bare_model.hpp"
#include "io/hdf5.hpp"
#include "io/hdf5_section.hpp"
#include "io/native_model.hpp"
#include "io/pickle.hpp"
#include "io/sha256.hpp"

namespace tally::io {
namespace {

/// A regular file, opened; what is no regular file may never end.
std::ifstream open_regular(const std::string& file) {
  std::error_code error;
  const auto status = std::filesystem::status(file, error);
  if (error) throw Error(fmt::format("{}: {}", file, error.message()));
  if (std::filesystem::is_directory(status)) throw Error(fmt::format("{}: is a folder, not a model file", file));
  if (!std::filesystem::is_regular_file(status)) throw Error(fmt::format("{}: is no regular file", file));
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw Error(fmt::format("{}: {}", file, std::generic_category().message(errno)));
  return stream;
}

/// Up to `count` bytes from `offset`.
std::string read_bytes(const std::string& file, std::uint64_t offset, std::uint64_t count) {
  std::ifstream stream = open_regular(file);
  std::string bytes(static_cast<std::size_t>(count), '\0');
  stream.seekg(static_cast<std::streamoff>(offset));
  stream.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (stream.bad()) throw Error(fmt::format("{}: cannot be read", file));
  bytes.resize(static_cast<std::size_t>(stream.gcount()));
  return bytes;
}

std::uint64_t length_of(const std::string& file) {
  std::error_code error;
  const std::uint64_t length = std::filesystem::file_size(file, error);
  if (error) throw Error(fmt::format("{}: {}", file, error.message()));
  return length;
}

std::string digest_of(const std::string& file) {
  std::ifstream stream = open_regular(file);
  Sha256 digest;
  std::vector<char> buffer(1U << 20U);
  while (stream.read(buffer.data(), static_cast<std::streamsize>(buffer.size())) || stream.gcount() > 0) {
    digest.update(std::string_view(buffer.data(), static_cast<std::size_t>(stream.gcount())));
  }
  if (stream.bad()) throw Error(fmt::format("{}: cannot be read", file));
  return digest.finish();
}

/// HDF5's signature stands at byte 0, or after a user block at 512, 1024, 2048 ...
bool is_hdf5(const std::string& file) {
  constexpr std::string_view signature = "\x89HDF\r\n\x1a\n";
  const std::uint64_t length = length_of(file);
  for (std::uint64_t at = 0; at + signature.size() <= length; at = at == 0 ? 512 : 2 * at) {
    if (read_bytes(file, at, signature.size()) == signature) return true;
  }
  return false;
}

/// Fills in a model from bare arrays.
void take_weights(ModelFile& result, std::vector<NamedArray> arrays, const ActivationChoice& choice, bool optional) {
  result.model = model_from_weights(result.file, std::move(arrays), choice, optional);
  const auto hidden_layers = static_cast<Index>(result.model.layers.size()) - 1;
  result.activations_known = chosen_activations(result.file, hidden_layers, result.model.outputs(), choice).has_value();
}

void read_hdf5(ModelFile& result, const ActivationChoice& choice, bool optional) {
  std::vector<NamedArray> arrays;
  {
    const Hdf5Section section(result.file, 4 * length_of(result.file));
    const hdf5::File file = hdf5::File::open(result.file);
    const hdf5::Group root = file.root();
    if (is_native_model(root)) {
      result.format = "tally";
      result.activations_stored = true;
      result.model = read_native_model(result.file, root);
    } else if (is_bare_model(root)) {
      result.format = "hdf5-weights";
      arrays = read_bare_model(result.file, root);
    } else {
      throw Error(
          fmt::format("{}: is HDF5, but no model: it has neither the attribute format = tally-model nor datasets W1, "
                      "b1, W2, b2 ...",
                      result.file));
    }
  }
  if (result.activations_stored) return check_choice_equals_stored(result.file, result.model, choice);
  take_weights(result, std::move(arrays), choice, optional);
}

ModelFile read(const std::string& file, const ActivationChoice& choice, bool optional) {
  ModelFile result;
  result.file = file;
  const std::string head = read_bytes(file, 0, 8);
  if (head.empty()) throw Error(fmt::format("{}: is empty", file));
  if (looks_like_pickle(head)) {
    result.format = "numpy-pickle";
    const std::string bytes = read_bytes(file, 0, length_of(file));
    result.sha256 = sha256(bytes);
    take_weights(result, read_pickle(file, bytes), choice, optional);
    return result;
  }
  if (!is_hdf5(file)) {
    throw Error(fmt::format(
        "{}: is no model that Tally reads (its own format; HDF5 or a NumPy pickle with arrays W1, b1, W2, b2 ...)",
        file));
  }
  read_hdf5(result, choice, optional);
  result.sha256 = digest_of(file);
  return result;
}

}  // namespace

ModelFile read_model(const std::string& file, const ActivationChoice& choice) { return read(file, choice, false); }

ModelFile read_model_or_shapes(const std::string& file, const ActivationChoice& choice) {
  return read(file, choice, true);
}

bool is_model_file(const std::string& file) {
  if (looks_like_pickle(read_bytes(file, 0, 8))) return true;
  if (!is_hdf5(file)) return false;
  const Hdf5Section section(file);
  const hdf5::File opened = hdf5::File::open(file);
  const hdf5::Group root = opened.root();
  return is_native_model(root) || is_bare_model(root);
}

}  // namespace tally::io

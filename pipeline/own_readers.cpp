#include "pipeline/own_readers.hpp"

#include <sys/stat.h>

#include <exception>
#include <span>
#include <string_view>
#include <utility>

#include "io/sha256.hpp"
#include "pipeline/broadcast.hpp"
#include "pipeline/summary.hpp"

namespace tally::pipeline {
namespace {

/// Shape and types, and the first and the last row.
std::string contents_of(const io::DatasetReader& reader) {
  const io::DatasetInfo& data = reader.info();
  std::vector<std::byte> row(static_cast<std::size_t>(data.inputs) * size_of(data.type));
  const auto text_of = [](std::span<const std::byte> bytes) {
    return std::string_view(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  };
  io::Sha256 rows;
  for (const Index at : {Index{0}, data.rows - 1}) {
    std::int64_t label = 0;
    reader.read_inputs(at, 1, row);
    reader.read_labels(at, {&label, 1});
    rows.update(text_of(row));
    rows.update(text_of(std::as_bytes(std::span(&label, 1))));
  }
  return std::to_string(data.rows) + " rows of " + row_shape_string(data) + " " + data.dtype + ", " + data.layout +
         transform_string(data) + ", at " + data.inputs_path + " and " + data.labels_path + ", first and last row " +
         rows.finish().substr(0, 12);
}

/// The same for the same file on one machine only.
std::string identity_of(const std::string& file) {
  struct stat status {};
  if (stat(file.c_str(), &status) != 0) return {};
  std::string text;
  for (const auto number : {static_cast<std::uint64_t>(status.st_dev), static_cast<std::uint64_t>(status.st_ino),
                            static_cast<std::uint64_t>(status.st_size)}) {
    text += std::to_string(number) + " ";
  }
  return text + std::to_string(status.st_mtim.tv_sec) + "." + std::to_string(status.st_mtim.tv_nsec);
}

/// Why it is not; empty where it is.
std::string open_mine(const std::function<io::DatasetReader()>& open, const std::string& contents,
                      const std::string& identity, OwnReading reading, OwnReaders& readers) {
  try {
    auto reader = std::make_unique<io::DatasetReader>(open());
    const std::string& file = reader->info().file;
    if (const std::string mine = contents_of(*reader); mine != contents)
      return file + " is not what the root sees: " + mine + " instead of " + contents;
    if (reading == OwnReading::plain && (reader->plain() == nullptr || identity_of(file) != identity))
      return file + " is not the root's file, or its rows do not lie plainly there";
    readers.mine = std::move(reader);
    return {};
  } catch (const std::exception& failure) {
    return failure.what();
  }
}

}  // namespace

OwnReaders open_own_readers(const MpiSession& session, const io::DatasetReader* root_reader,
                            const std::function<io::DatasetReader()>& open, OwnReading reading, double stall_seconds) {
  OwnReaders readers;
  std::string contents = session.root() ? contents_of(*root_reader) : std::string();
  std::string identity = session.root() ? identity_of(root_reader->info().file) : std::string();
  broadcast(session, contents, stall_seconds);
  broadcast(session, identity, stall_seconds);
  std::string error;
  if (!session.root() && reading != OwnReading::no) error = open_mine(open, contents, identity, reading, readers);
  readers.errors = all_gather(session, error, stall_seconds);
  for (const std::string& one : all_gather(session, readers.mine ? "1" : "", stall_seconds)) {
    readers.ranks.push_back(!one.empty());
  }
  return readers;
}

}  // namespace tally::pipeline

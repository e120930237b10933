#include "pipeline/fingerprint.hpp"

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "io/sha256.hpp"
#include "pipeline/summary.hpp"

namespace tally::pipeline {
namespace {

std::string_view text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

std::string fingerprint(const io::DatasetReader& reader, const RowRange& rows) {
  const io::DatasetInfo& data = reader.info();
  std::vector<std::byte> row(static_cast<std::size_t>(data.inputs) * size_of(data.type));
  io::Sha256 digest;
  for (const Index at : {rows.first, rows.end() - 1}) {
    if (at >= data.rows) continue;  // the number of rows tells them apart
    std::int64_t label = 0;
    reader.read_inputs(at, 1, row);
    reader.read_labels(at, {&label, 1});
    digest.update(text_of(row));
    digest.update(text_of(std::as_bytes(std::span(&label, 1))));
  }
  return std::to_string(data.rows) + " rows of " + row_shape_string(data) + " " + data.dtype + ", " + data.layout +
         transform_string(data) + ", at " + data.inputs_path + " and " + data.labels_path + ", first and last row " +
         digest.finish().substr(0, 12);
}

}  // namespace tally::pipeline

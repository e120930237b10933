#include "pipeline/job.hpp"

#include "pipeline/bytes.hpp"

namespace tally::pipeline {
namespace {

void put_chunks(ByteWriter& writer, const io::ChunkGrid& grid) {
  put_text(writer, grid.place);
  writer.put(grid.rows);
  writer.put_all(grid.row_shape);
  writer.put_all(grid.chunk_shape);
  writer.put(grid.element_bytes);
  writer.put_all(grid.filters);
  writer.put(grid.unfiltered_edges);
  writer.put_all(grid.fill_value);
}

io::ChunkGrid get_chunks(ByteReader& reader) {
  io::ChunkGrid grid;
  grid.place = get_text(reader);
  grid.rows = reader.get<Index>();
  grid.row_shape = reader.get_all<Index>();
  grid.chunk_shape = reader.get_all<Index>();
  grid.element_bytes = reader.get<std::size_t>();
  grid.filters = reader.get_all<io::ChunkFilter>();
  grid.unfiltered_edges = reader.get<bool>();
  grid.fill_value = reader.get_all<std::byte>();
  return grid;
}

}  // namespace

std::string to_bytes(const Job& job) {
  ByteWriter writer;
  writer.put(job.inputs);
  writer.put(job.classes);
  writer.put(job.transform);
  writer.put(job.type);
  writer.put(job.ranks_read);
  writer.put(job.predictions);
  writer.put(job.probabilities);
  writer.put(job.stall_seconds);
  writer.put(job.shards);
  writer.put(job.limits);
  writer.put(job.chunks.has_value());
  if (job.chunks) put_chunks(writer, *job.chunks);
  return writer.take();
}

Job job_from_bytes(std::string_view bytes) {
  ByteReader reader(bytes);
  Job job;
  job.inputs = reader.get<Index>();
  job.classes = reader.get<Index>();
  job.transform = reader.get<InputTransform>();
  job.type = reader.get<StoredType>();
  job.ranks_read = reader.get<bool>();
  job.predictions = reader.get<bool>();
  job.probabilities = reader.get<bool>();
  job.stall_seconds = reader.get<double>();
  job.shards = reader.get<ShardRequest>();
  job.limits = reader.get<MemoryRequest>();
  if (reader.get<bool>()) job.chunks = get_chunks(reader);
  return job;
}

}  // namespace tally::pipeline

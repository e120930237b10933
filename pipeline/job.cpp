#include "pipeline/job.hpp"

#include "pipeline/bytes.hpp"

namespace tally::pipeline {

std::string to_bytes(const Job& job) {
  ByteWriter writer;
  writer.put(job.inputs);
  writer.put(job.classes);
  writer.put(job.transform);
  writer.put(job.type);
  writer.put(job.shards);
  writer.put(job.predictions);
  writer.put(job.probabilities);
  writer.put(job.stall_seconds);
  return writer.take();
}

Job job_from_bytes(std::string_view bytes) {
  ByteReader reader(bytes);
  Job job;
  job.inputs = reader.get<Index>();
  job.classes = reader.get<Index>();
  job.transform = reader.get<InputTransform>();
  job.type = reader.get<StoredType>();
  job.shards = reader.get<ShardRequest>();
  job.predictions = reader.get<bool>();
  job.probabilities = reader.get<bool>();
  job.stall_seconds = reader.get<double>();
  return job;
}

}  // namespace tally::pipeline

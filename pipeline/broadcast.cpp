#include "pipeline/broadcast.hpp"

#include <algorithm>

namespace tally::pipeline {
namespace {

std::vector<std::int64_t> reduce(const MpiSession& session, const std::vector<std::int64_t>& mine, MPI_Op operation,
                                 double stall_seconds) {
  std::vector<std::int64_t> total(session.root() ? mine.size() : 0);
  MPI_Request request = MPI_REQUEST_NULL;
  check_mpi(MPI_Ireduce(mine.data(), total.data(), mpi_count(mine.size()), MPI_INT64_T, operation, 0,
                        session.communicator(), &request),
            "MPI_Ireduce");
  wait_for(request, stall_seconds, "waiting for the reduction");
  return total;
}

}  // namespace

void broadcast(const MpiSession& session, std::string& bytes, double stall_seconds) {
  auto length = static_cast<std::uint64_t>(bytes.size());
  MPI_Request request = MPI_REQUEST_NULL;
  check_mpi(MPI_Ibcast(&length, 1, MPI_UINT64_T, 0, session.communicator(), &request), "MPI_Ibcast");
  wait_for(request, stall_seconds, "waiting for the root to read the model and the dataset");
  bytes.resize(length);
  broadcast(session, std::as_writable_bytes(std::span(bytes)), stall_seconds);
}

void broadcast(const MpiSession& session, std::span<std::byte> bytes, double stall_seconds) {
  while (!bytes.empty()) {
    const auto piece = bytes.first(std::min(piece_bytes, bytes.size()));
    MPI_Request request = MPI_REQUEST_NULL;
    check_mpi(MPI_Ibcast(piece.data(), mpi_count(piece.size()), MPI_BYTE, 0, session.communicator(), &request),
              "MPI_Ibcast");
    wait_for(request, stall_seconds, "waiting for a piece of the model");
    bytes = bytes.subspan(piece.size());
  }
}

std::vector<std::string> all_gather(const MpiSession& session, const std::string& mine, double stall_seconds) {
  const auto size = static_cast<std::size_t>(session.size());
  int length = mpi_count(mine.size());
  std::vector<int> lengths(size);
  MPI_Request request = MPI_REQUEST_NULL;
  check_mpi(MPI_Iallgather(&length, 1, MPI_INT, lengths.data(), 1, MPI_INT, session.communicator(), &request),
            "MPI_Iallgather");
  wait_for(request, stall_seconds, "waiting for all ranks to start");
  std::vector<int> starts(size);
  std::size_t total = 0;
  for (std::size_t rank = 0; rank < size; ++rank) {
    starts[rank] = mpi_count(total);
    total += static_cast<std::size_t>(lengths[rank]);
  }
  std::string all(std::max<std::size_t>(1, total), '\0');
  check_mpi(MPI_Iallgatherv(mine.data(), length, MPI_CHAR, all.data(), lengths.data(), starts.data(), MPI_CHAR,
                            session.communicator(), &request),
            "MPI_Iallgatherv");
  wait_for(request, stall_seconds, "waiting for all ranks to start");
  std::vector<std::string> parts;
  parts.reserve(size);
  for (std::size_t rank = 0; rank < size; ++rank) {
    parts.push_back(all.substr(static_cast<std::size_t>(starts[rank]), static_cast<std::size_t>(lengths[rank])));
  }
  return parts;
}

std::vector<std::int64_t> reduce_sum(const MpiSession& session, const std::vector<std::int64_t>& mine,
                                     double stall_seconds) {
  return reduce(session, mine, MPI_SUM, stall_seconds);
}

std::vector<std::int64_t> reduce_max(const MpiSession& session, const std::vector<std::int64_t>& mine,
                                     double stall_seconds) {
  return reduce(session, mine, MPI_MAX, stall_seconds);
}

}  // namespace tally::pipeline

#include "pipeline/shard_transfer.hpp"

#include <algorithm>

#include "pipeline/tags.hpp"

namespace tally::pipeline {
namespace {

/// Calls `start` with each piece of the payload.
template <class Start>
void for_each_piece(std::span<std::byte> payload, std::vector<MPI_Request>& requests, Start start) {
  while (!payload.empty()) {
    const auto piece = payload.first(std::min(piece_bytes, payload.size()));
    requests.push_back(MPI_REQUEST_NULL);
    start(piece, requests.back());
    payload = payload.subspan(piece.size());
  }
}

}  // namespace

void start_send(const MpiSession& session, int rank, const ShardHeader& header, Shard* shard,
                std::vector<MPI_Request>& requests) {
  requests.push_back(MPI_REQUEST_NULL);
  check_mpi(
      MPI_Isend(&header, mpi_count(sizeof header), MPI_BYTE, rank, shard_tag, session.communicator(), &requests.back()),
      "MPI_Isend");
  if (shard == nullptr) return;
  for_each_piece(shard->payload(), requests, [&](std::span<std::byte> piece, MPI_Request& request) {
    check_mpi(
        MPI_Isend(piece.data(), mpi_count(piece.size()), MPI_BYTE, rank, payload_tag, session.communicator(), &request),
        "MPI_Isend");
  });
}

void start_receive(const MpiSession& session, std::span<std::byte> payload, std::vector<MPI_Request>& requests) {
  for_each_piece(payload, requests, [&](std::span<std::byte> piece, MPI_Request& request) {
    check_mpi(
        MPI_Irecv(piece.data(), mpi_count(piece.size()), MPI_BYTE, 0, payload_tag, session.communicator(), &request),
        "MPI_Irecv");
  });
}

bool all_completed(std::vector<MPI_Request>& requests) {
  int flag = 0;
  check_mpi(MPI_Testall(mpi_count(requests.size()), requests.data(), &flag, MPI_STATUSES_IGNORE), "MPI_Testall");
  return flag != 0;
}

}  // namespace tally::pipeline

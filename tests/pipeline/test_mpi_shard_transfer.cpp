// Shards between two ranks, larger than a message.
#include "pipeline/shard_transfer.hpp"

#include <gtest/gtest.h>

#include "pipeline/tags.hpp"
#include "tests/pipeline/mpi_session.hpp"

namespace tally::pipeline {
namespace {

std::byte made_byte(std::size_t i) { return static_cast<std::byte>(i * 2654435761U >> 20); }

void wait_for_all(std::vector<MPI_Request>& requests) {
  for (MPI_Request& request : requests) wait_for(request, test_stall_seconds, "a piece");
}

TEST(ShardTransfer, APayloadOfSeveralPiecesArrives) {
  if (session().size() == 1) return;
  for (const std::size_t bytes : {std::size_t{1}, piece_bytes - 64, piece_bytes - 63, 2 * piece_bytes + 12345}) {
    std::vector<MPI_Request> requests;
    if (session().root()) {
      Shard shard;
      shard.reset({7, 3}, 1, static_cast<Index>(bytes));
      for (std::size_t i = 0; i < bytes; ++i) shard.room()[i] = made_byte(i);
      shard.pack_labels();
      const ShardHeader header = shard.header();
      start_send(session(), 1, header, &shard, requests);
      EXPECT_EQ(requests.size(), 1 + (bytes + 64 + piece_bytes - 1) / piece_bytes);
      wait_for_all(requests);
    } else if (session().rank() == 1) {
      ShardHeader header;
      MPI_Request request = MPI_REQUEST_NULL;
      check_mpi(
          MPI_Irecv(&header, mpi_count(sizeof header), MPI_BYTE, 0, shard_tag, session().communicator(), &request),
          "MPI_Irecv");
      wait_for(request, test_stall_seconds, "a header");
      ASSERT_EQ(header.rows(), (RowRange{7, 3}));
      Shard shard;
      shard.reset_received(header, 1);
      start_receive(session(), shard.payload(), requests);
      wait_for_all(requests);
      ASSERT_EQ(shard.body().size(), bytes);
      for (std::size_t i = 0; i < bytes; ++i) {
        if (shard.body()[i] == made_byte(i)) continue;
        ADD_FAILURE() << "byte " << i << " of " << bytes;
        break;
      }
    }
  }
}

}  // namespace
}  // namespace tally::pipeline

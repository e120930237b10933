#include "pipeline/root_messages.hpp"

#include "pipeline/tags.hpp"

namespace tally::pipeline {

void ShardSender::send(int rank, const ShardHeader& header, Shard* shard) {
  if (shard != nullptr && payloads_++ == 0) since_ = std::chrono::steady_clock::now();
  messages_.push_back({header, shard, {}});
  Message& message = messages_.back();
  start_send(session_, rank, message.header, shard, message.requests);
  bytes_ += sizeof message.header + (shard == nullptr ? 0 : shard->payload().size());
}

bool ShardSender::poll(const std::function<void(Shard&)>& sent) {
  bool moved = false;
  for (auto message = messages_.begin(); message != messages_.end();) {
    if (!all_completed(message->requests)) {
      ++message;
      continue;
    }
    // A sign of life is none of progress.
    moved = moved || message->header.kind != ShardKind::wait;
    if (message->shard != nullptr) {
      const std::chrono::duration<double> underway = std::chrono::steady_clock::now() - since_;
      if (--payloads_ == 0) seconds_ += underway.count();
      sent(*message->shard);
    }
    message = messages_.erase(message);
  }
  return moved;
}

bool ResultReceiver::probe() {
  if (probed_ != MPI_MESSAGE_NULL) return true;
  int arrived = 0;
  MPI_Status status;
  check_mpi(MPI_Improbe(MPI_ANY_SOURCE, result_tag, session_.communicator(), &arrived, &probed_, &status),
            "MPI_Improbe");
  if (arrived == 0) return false;
  probed_rank_ = status.MPI_SOURCE;
  check_mpi(MPI_Get_count(&status, MPI_BYTE, &probed_bytes_), "MPI_Get_count");
  return true;
}

void ResultReceiver::receive(Result& result) {
  result.resize(static_cast<std::size_t>(probed_bytes_));
  messages_.push_back({probed_rank_, &result});
  check_mpi(MPI_Imrecv(result.bytes().data(), probed_bytes_, MPI_BYTE, &probed_, &messages_.back().request),
            "MPI_Imrecv");
  probed_ = MPI_MESSAGE_NULL;
}

bool ResultReceiver::poll(const std::function<void(int rank, Result&)>& received) {
  bool moved = false;
  for (auto message = messages_.begin(); message != messages_.end();) {
    if (!completed(message->request)) {
      ++message;
      continue;
    }
    moved = true;
    const Message whole = *message;
    message = messages_.erase(message);
    received(whole.rank, *whole.result);
  }
  return moved;
}

}  // namespace tally::pipeline

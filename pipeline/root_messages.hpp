// The root's messages under way: shards to ranks, results from them.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <list>
#include <vector>

#include "pipeline/result.hpp"
#include "pipeline/shard_transfer.hpp"

namespace tally::pipeline {

/// Shards on their way to ranks.
class ShardSender {
 public:
  explicit ShardSender(const MpiSession& session) : session_(session) {}

  /// `shard` is the payload, null for none; it must stay until poll() gives it back.
  void send(int rank, const ShardHeader& header, Shard* shard);
  /// Calls `sent` with each payload that is sent, whose memory is free again. Whether there was any message
  /// but signs of life.
  bool poll(const std::function<void(Shard&)>& sent);

  bool idle() const { return messages_.empty(); }
  /// Headers and payloads, sent or on their way.
  std::uint64_t bytes() const { return bytes_; }
  /// With a payload on its way; once all are sent.
  double seconds() const { return seconds_; }

 private:
  struct Message {
    ShardHeader header;
    Shard* shard = nullptr;
    std::vector<MPI_Request> requests;
  };

  const MpiSession& session_;
  std::list<Message> messages_;
  int payloads_ = 0;
  std::uint64_t bytes_ = 0;
  double seconds_ = 0.0;
  std::chrono::steady_clock::time_point since_;
};

/// Results on their way to the root.
class ResultReceiver {
 public:
  explicit ResultReceiver(const MpiSession& session) : session_(session) {}

  /// Whether a result has arrived that is not yet being received.
  bool probe();
  /// Receives that one.
  void receive(Result& result);
  /// Calls `received` with each result that is here whole, and the rank it is from. Whether there was any.
  bool poll(const std::function<void(int rank, Result&)>& received);

  bool idle() const { return messages_.empty(); }

 private:
  struct Message {
    int rank = 0;
    Result* result = nullptr;
    MPI_Request request = MPI_REQUEST_NULL;
  };

  const MpiSession& session_;
  std::list<Message> messages_;
  MPI_Message probed_ = MPI_MESSAGE_NULL;
  int probed_rank_ = 0;
  int probed_bytes_ = 0;
};

}  // namespace tally::pipeline

#include "pipeline/root_farewell.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

namespace tally::pipeline {
namespace {

/// How long the root waits for ranks to take the message that the job has failed.
constexpr double farewell_seconds = 30.0;

void ignore(Shard& /*shard*/) {}

/// Receives what still comes back.
class Drain {
 public:
  /// Whether anything did.
  bool poll(ResultReceiver& receiver, RankTable& table) {
    while (!free_.empty() && receiver.probe()) {
      receiver.receive(*free_.back());
      free_.pop_back();
    }
    return receiver.poll([&](int rank, Result& result) {
      free_.push_back(&result);
      table.forget_one(rank);
    });
  }

 private:
  std::array<Result, 2> results_;
  std::vector<Result*> free_ = {&results_[0], &results_[1]};
};

}  // namespace

void dismiss(const MpiSession& session, ShardSender& sender, ShardKind kind, double seconds) {
  for (int rank = 1; rank < session.size(); ++rank) sender.send(rank, {kind}, nullptr);
  Patience patience(seconds);
  while (!sender.idle()) {
    if (sender.poll(ignore)) {
      patience.moved();
    } else {
      patience.idle([] { return std::string("waiting for a rank to take its last message"); });
    }
  }
}

void dismiss_failed(const MpiSession& session, ShardSender& sender, ResultReceiver& receiver, RankTable& table,
                    double stall_seconds) {
  Drain drain;
  Patience patience(std::min(farewell_seconds, stall_seconds));
  while (table.any_held_by_others() || !sender.idle()) {
    const bool sent = sender.poll(ignore);
    if (drain.poll(receiver, table) || sent) {
      patience.moved();
    } else {
      patience.idle([&] { return table.overdue(); });
    }
  }
  dismiss(session, sender, ShardKind::failed, farewell_seconds);
}

}  // namespace tally::pipeline

// How the root takes leave of the other ranks. Both sleep, and throw StallError where a rank does not take its message.
#pragma once

#include "pipeline/rank_table.hpp"
#include "pipeline/root_messages.hpp"

namespace tally::pipeline {

/// Sends every rank its last message, and sees off those before it, for so many seconds without any progress.
void dismiss(const MpiSession& session, ShardSender& sender, ShardKind kind, double seconds);

/// After a failure: lets the ranks finish what they hold, and drops it; then tells them that the job has failed.
void dismiss_failed(const MpiSession& session, ShardSender& sender, ResultReceiver& receiver, RankTable& table,
                    double stall_seconds);

}  // namespace tally::pipeline

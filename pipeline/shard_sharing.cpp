#include "pipeline/shard_sharing.hpp"

#include <algorithm>

#include "pipeline/broadcast.hpp"
#include "pipeline/bytes.hpp"

namespace tally::pipeline {

void share_shards(const MpiSession& session, std::size_t bytes, bool candidate, double stall_seconds,
                  ShardSharing& sharing) {
  SharedMemoryName name;
  if (session.root()) {
    sharing.memory.emplace(bytes);
    name = sharing.memory->name();
  }
  broadcast(session, std::as_writable_bytes(std::span(&name, 1)), stall_seconds);
  if (!session.root()) sharing.view.emplace(candidate ? name : SharedMemoryName{});
  const bool sees = !session.root() && !sharing.view->bytes().empty();
  const std::vector<std::string> all = all_gather(session, sees ? "1" : "0", stall_seconds);
  if (!session.root()) return;
  for (const std::string& one : all) sharing.ranks.push_back(one == "1");
  if (std::find(sharing.ranks.begin(), sharing.ranks.end(), true) == sharing.ranks.end()) sharing.memory.emplace(0);
}

}  // namespace tally::pipeline

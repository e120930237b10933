// One thread's work on tiles: the forward pass, scores, counts.
#pragma once

#include <utility>
#include <vector>

#include "kernels/block.hpp"
#include "kernels/network.hpp"
#include "kernels/score.hpp"

namespace tally {

class TileRunner {
 public:
  /// Takes the memory that a thread needs: of megabytes for a wide network. The network must outlive it.
  TileRunner(const Network& network, const InputTransform& transform);

  /// Rows [first, end) of the block, at most network.tile_rows(): writes their outputs and adds to the counts.
  void run(const Block& block, Index first, Index end, const ForwardHints& hints);

  /// What was counted since the last call.
  Counts take_counts() { return std::exchange(counts_, {}); }

 private:
  void score_panel(const Block& block, const float* logits, std::size_t first, std::size_t count);

  const Network& network_;
  InputTransform transform_;
  Network::Workspace workspace_;
  std::vector<Score> scores_;  // of one panel
  Counts counts_;
};

}  // namespace tally

// Sharing out the tiles of one block after the other among the threads of a team.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>

#include "kernels/block.hpp"

namespace tally {

/// A block cut into tiles: whole panels, no tile more than one larger than another, and as many tiles as keep all
/// threads busy to the end.
class Tiles {
 public:
  /// panel, tile_rows: those of the network.
  Tiles(Index panel, Index tile_rows, Index rows, Index threads);

  Index count() const { return count_; }
  /// First row of tile t; for t >= count() the end.
  Index first(Index t) const { return t < count_ ? t * panels_ / count_ * panel_ : rows_; }

 private:
  Index rows_;
  Index panel_;
  Index panels_;
  Index count_ = 0;
};

/// The tiles of a source's blocks, in their order. A thread that finds no tile left of a block goes on to the next one,
/// whether or not the others have ended theirs: nobody waits for anybody until the source has no more.
class TileQueue {
 public:
  /// A block on its way.
  class Work;
  /// A thread's share: rows [first, end) of a block. No work: there is no more.
  struct Tile {
    std::shared_ptr<Work> work;
    Index first = 0;
    Index end = 0;

    const Block& block() const;
  };

  TileQueue(BlockSource& source, Index panel, Index tile_rows, Index threads);

  /// The tile after `last` (any thread).
  Tile take(const Tile& last);
  /// `rows` rows of work's block are done, with these counts. Whoever completes a block hands it back to the source.
  void add(Work& work, Index rows, const Counts& counts);
  /// No more tiles for anyone: a thread cannot go on.
  void stop() { stopped_ = true; }

 private:
  /// Of the source's next block; null at its end.
  std::shared_ptr<Work> next_work();

  BlockSource& source_;
  Index panel_;
  Index tile_rows_;
  Index threads_;
  std::mutex mutex_;  // for what follows
  std::shared_ptr<Work> newest_;
  bool ended_ = false;  // the source has no more, or has failed
  std::atomic<bool> stopped_ = false;
};

}  // namespace tally

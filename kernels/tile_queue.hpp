// Sharing out the tiles of one block after the other among the threads of a team.
#pragma once

#include <atomic>
#include <deque>
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

/// Where a thread's time went beside its tiles, in seconds.
struct ThreadTimes {
  double prepare = 0.0;  // in BlockSource::prepare
  double wait = 0.0;     // asleep, with nothing to do
};

/// The tiles of a source's blocks, in their order. A thread that finds no tile left of a block goes on to the next one,
/// whether or not the others have ended theirs: nobody waits for anybody as long as the source has rows. A block that a
/// thread has prepared is its own as far as possible: others help only where there is nothing else to do.
class TileQueue {
 public:
  /// A block on its way.
  class Work;
  /// A thread's share: rows [first, end) of a block. No work: there is none.
  struct Tile {
    std::shared_ptr<Work> work;
    Index first = 0;
    Index end = 0;

    const Block& block() const;
  };

  TileQueue(BlockSource& source, Index panel, Index tile_rows, Index threads);

  /// A tile (any thread): of the block that `last` is of, while it has any. Sleeps where the source has none yet; no
  /// work then means that there will be none.
  Tile take(const Tile& last, ThreadTimes& times);
  /// The same for a thread that has something else to do: does not sleep, and tells the source that it is busy.
  Tile take_if_ready(const Tile& last, ThreadTimes& times);
  /// `rows` rows of work's block are done, with these counts. Whoever completes a block hands it back to the source.
  void add(Work& work, Index rows, const Counts& counts);
  /// No more tiles for anyone: a thread cannot go on.
  void stop();

 private:
  enum class Found { tile, unprepared, nothing, end };

  bool take_open(std::deque<std::shared_ptr<Work>>& open, Tile& tile);
  Found look(Tile& tile, bool busy);
  void prepare(const std::shared_ptr<Work>& work, ThreadTimes& times);

  BlockSource& source_;
  Index panel_;
  Index tile_rows_;
  Index threads_;
  std::mutex mutex_;                            // for what follows
  std::deque<std::shared_ptr<Work>> given_;     // came with their rows, and had tiles left when last looked at
  std::deque<std::shared_ptr<Work>> prepared_;  // likewise, but a thread has made the rows, and has them in its cache
  int preparing_ = 0;                           // blocks
  bool ended_ = false;                          // the source has no more, or has failed
  std::atomic<bool> stopped_ = false;
};

}  // namespace tally

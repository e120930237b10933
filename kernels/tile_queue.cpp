#include "kernels/tile_queue.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "kernels/stopwatch.hpp"

namespace tally {
Tiles::Tiles(Index panel, Index tile_rows, Index rows, Index threads)
    : rows_(rows), panel_(panel), panels_((rows + panel - 1) / panel) {
  const Index most = tile_rows / panel * threads;
  const Index rounds = (panels_ + most - 1) / most;
  count_ = std::min(panels_, rounds * threads);
}

class TileQueue::Work {
 public:
  Work(const Block& block, const Tiles& tiles) : block_(block), tiles_(tiles) {}

  const Block& block() const { return block_; }

  /// Rows that nobody else has; false: there are none left.
  bool take(Tile& tile) {
    const Index t = next_.fetch_add(1, std::memory_order_relaxed);
    if (t >= tiles_.count()) return false;
    tile.first = tiles_.first(t);
    tile.end = tiles_.first(t + 1);
    return true;
  }

  /// Whether these rows were the last ones.
  bool add(Index rows, const Counts& counts) {
    const std::lock_guard lock(mutex_);
    counts_ += counts;
    rows_done_ += rows;
    return rows_done_ == block_.rows.rows;
  }

  /// Once all rows are done.
  const Counts& counts() const {
    if (counts_.samples != block_.rows.rows) throw std::logic_error("a block's tiles do not cover its rows");
    return counts_;
  }

 private:
  const Block& block_;
  Tiles tiles_;
  std::atomic<Index> next_ = 0;
  std::mutex mutex_;
  Counts counts_;
  Index rows_done_ = 0;
};

const Block& TileQueue::Tile::block() const { return work->block(); }

TileQueue::TileQueue(BlockSource& source, Index panel, Index tile_rows, Index threads)
    : source_(source), panel_(panel), tile_rows_(tile_rows), threads_(threads) {}

TileQueue::Tile TileQueue::take(const Tile& last, ThreadTimes& times) {
  Tile tile{last.work};
  for (;;) {
    // Before anything is looked at: whatever changes after that ends the sleep.
    const std::uint64_t seen = source_.signal().count();
    if (stopped_) return {};
    if (tile.work && tile.work->take(tile)) return tile;
    switch (look(tile, false)) {
      case Found::tile:
        return tile;
      case Found::end:
        return {};
      case Found::unprepared:
        prepare(tile.work, times);
        break;
      case Found::nothing:
        tile = {};
        const Stopwatch watch;
        source_.signal().wait(seen);
        times.wait += watch.seconds();
        break;
    }
  }
}

TileQueue::Tile TileQueue::take_if_ready(const Tile& last, ThreadTimes& times) {
  Tile tile{last.work};
  if (stopped_) return {};
  if (tile.work && tile.work->take(tile)) return tile;
  const Found found = look(tile, true);
  if (found == Found::unprepared) {
    prepare(tile.work, times);
    return tile.work->take(tile) ? tile : Tile{};  // others may have helped with all of it by now
  }
  return found == Found::tile ? tile : Tile{};
}

/// A tile of the oldest of these blocks that has any. Holding the mutex.
bool TileQueue::take_open(std::deque<std::shared_ptr<Work>>& open, Tile& tile) {
  for (; !open.empty(); open.pop_front()) {
    tile.work = open.front();
    if (tile.work->take(tile)) return true;
  }
  return false;
}

/// A tile of a block that came with its rows, or that block itself which is to be prepared, or a tile of what another
/// thread has prepared.
TileQueue::Found TileQueue::look(Tile& tile, bool busy) {
  const std::lock_guard lock(mutex_);
  for (;;) {
    if (take_open(given_, tile)) return Found::tile;
    if (ended_) break;
    ended_ = true;  // whatever goes wrong below, nobody asks again
    const Offer offer = source_.next(busy);
    ended_ = offer.ended;
    if (offer.block == nullptr) break;
    const Tiles tiles(panel_, tile_rows_, offer.block->rows.rows, threads_);
    if (tiles.count() == 0) {
      source_.done(*offer.block, {});
    } else if (auto work = std::make_shared<Work>(*offer.block, tiles); offer.unprepared) {
      ++preparing_;
      tile.work = std::move(work);
      return Found::unprepared;
    } else {
      given_.push_back(std::move(work));
    }
  }
  if (busy) return Found::nothing;  // the thread may soon prepare a block of its own
  if (take_open(prepared_, tile)) return Found::tile;
  return ended_ && preparing_ == 0 ? Found::end : Found::nothing;
}

void TileQueue::prepare(const std::shared_ptr<Work>& work, ThreadTimes& times) {
  const Stopwatch watch;
  source_.prepare(work->block());
  times.prepare += watch.seconds();
  {
    const std::lock_guard lock(mutex_);
    --preparing_;
    prepared_.push_back(work);
  }
  source_.signal().raise();
}

void TileQueue::add(Work& work, Index rows, const Counts& counts) {
  if (work.add(rows, counts)) source_.done(work.block(), work.counts());
}

void TileQueue::stop() {
  stopped_ = true;
  source_.signal().raise();
}

}  // namespace tally

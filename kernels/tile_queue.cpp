#include "kernels/tile_queue.hpp"

#include <algorithm>
#include <stdexcept>
#include <utility>

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

TileQueue::Tile TileQueue::take(const Tile& last) {
  Tile tile{last.work};
  while (!stopped_) {
    if (tile.work && tile.work->take(tile)) return tile;
    const std::lock_guard lock(mutex_);
    if (tile.work == newest_) newest_ = next_work();
    if (!newest_) break;
    tile.work = newest_;
  }
  return {};
}

std::shared_ptr<TileQueue::Work> TileQueue::next_work() {
  // Whatever goes wrong below, nobody asks again.
  while (!std::exchange(ended_, true)) {
    const Block* const block = source_.next();
    if (block == nullptr) break;
    const Tiles tiles(panel_, tile_rows_, block->rows.rows, threads_);
    std::shared_ptr<Work> work;
    if (tiles.count() > 0) {
      work = std::make_shared<Work>(*block, tiles);
    } else {
      source_.done(*block, {});
    }
    ended_ = false;
    if (work) return work;
  }
  return nullptr;
}

void TileQueue::add(Work& work, Index rows, const Counts& counts) {
  if (work.add(rows, counts)) source_.done(work.block(), work.counts());
}

}  // namespace tally

#include "pipeline/compute_team.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <utility>

#include "pipeline/cpu_time.hpp"

namespace tally::pipeline {

/// Rows that the threads have been given.
struct ComputeTeam::OpenBlock : Block {
  Task* task = nullptr;
  Room* room = nullptr;  // where the rows are made; null where they came dense
};

/// A shard that is not done.
struct ComputeTeam::Task {
  ShardWork work;
  Index rows_left = 0;
  Index next_row = 0;  // of the rows that are not yet given, where they are given in parts
  OpenBlock whole;     // the shard as one block, where rows came dense
};

/// For one decoded band, or piece of plain rows, and what makes it.
struct ComputeTeam::Room {
  std::optional<io::ChunkDecoder> decoder;
  ByteBuffer rows;
  Index band = 0;  // its number in the dataset, where chunks travel
  OpenBlock block;
};

ComputeTeam::ComputeTeam(const Job& job, const Network& network, int threads, const io::PlainRows* plain,
                         Signal& events, const LastResort& last_resort, ShardHook hook)
    : job_(job),
      evaluator_(network, job.transform, threads),
      plain_(job.memory.pieces > 0 ? plain : nullptr),
      events_(events),
      last_resort_(last_resort),
      hook_(std::move(hook)) {
  Index rooms = 0;
  if (job.chunks) {
    room_bytes_ = static_cast<Index>(job.chunks->band_bytes());
    rooms = std::min<Index>(job.memory.bands, job.shards.rows.count / job.chunks->rows_per_band() + 2);
  } else if (plain_ != nullptr) {
    room_bytes_ = job.memory.piece_rows * job.bytes_per_row();
    rooms = std::min<Index>(job.memory.pieces, job.shards.rows.count / job.memory.piece_rows + 1);
  }
  for (Index i = 0; i < rooms; ++i) {
    rooms_.push_back(std::make_unique<Room>());
    if (job.chunks) rooms_.back()->decoder.emplace(*job.chunks);
    free_rooms_.push_back(rooms_.back().get());
  }
  thread_ = std::thread([this] { run(); });
}

ComputeTeam::~ComputeTeam() {
  {
    const std::lock_guard lock(mutex_);
    queue_.clear();
  }
  close();
}

void ComputeTeam::run() {
  try {
    const TeamTimes times = evaluator_.run(*this);
    const std::lock_guard lock(mutex_);
    times_ = times;
  } catch (...) {
    const std::lock_guard lock(mutex_);
    failure_ = std::current_exception();
  }
  {
    const std::lock_guard lock(mutex_);
    ended_ = true;
  }
  events_.raise();
}

/// The threads share out the rooms, each to touch the memory of some, which takes no time later.
void ComputeTeam::begin(int thread, int threads) {
  for (std::size_t i = static_cast<std::size_t>(thread); i < rooms_.size(); i += static_cast<std::size_t>(threads)) {
    ByteBuffer& rows = rooms_[i]->rows;
    rows.grow(static_cast<std::size_t>(room_bytes_));
    std::memset(rows.data(), 0, static_cast<std::size_t>(room_bytes_));
  }
  {
    const std::lock_guard lock(mutex_);
    ready_ = ++begun_ == threads;
  }
  signal().raise();
  events_.raise();
}

void ComputeTeam::wait_ready() {
  last_resort_.wait(events_, [this] {
    const std::lock_guard lock(mutex_);
    return ready_ || ended_;
  });
  check();
}

void ComputeTeam::close() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  signal().raise();
  if (!thread_.joinable()) return;
  last_resort_.wait(events_, [this] {
    const std::lock_guard lock(mutex_);
    return ended_;
  });
  thread_.join();
}

void ComputeTeam::end() {
  close();
  check();
}

void ComputeTeam::check() const {
  const std::lock_guard lock(mutex_);
  if (failure_) std::rethrow_exception(failure_);
}

Block ComputeTeam::block_of(const Task& task, const RowRange& rows, const std::byte* data) const {
  const RowRange all = task.work.shard->rows();
  const auto first = static_cast<std::size_t>(rows.first - all.first);
  const auto count = static_cast<std::size_t>(rows.count);
  const auto part = [&](auto results) { return results.empty() ? results : results.subspan(first, count); };
  Result& result = *task.work.result;
  const auto classes = static_cast<std::size_t>(job_.classes);
  const auto probabilities = result.probabilities();
  return {{data, job_.type, rows.count, job_.inputs},
          task.work.shard->labels().subspan(first, count),
          {part(result.predicted()), part(result.confidence()),
           probabilities.empty() ? probabilities : probabilities.subspan(first * classes, count * classes)}};
}

void ComputeTeam::submit(const ShardWork& work) {
  auto task = std::make_unique<Task>();
  const RowRange rows = work.shard->rows();
  task->work = work;
  task->rows_left = rows.count;
  task->next_row = rows.first;
  work.result->reset(rows, job_);
  if (job_.predictions) std::ranges::copy(work.shard->labels(), work.result->labels().begin());
  if (!work.labels_only) static_cast<Block&>(task->whole) = block_of(*task, rows, work.shard->body().data());
  task->whole.task = task.get();
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back(task.get());
    tasks_.push_back(std::move(task));
  }
  signal().raise();
}

std::optional<ShardWork> ComputeTeam::take_finished() {
  const std::lock_guard lock(mutex_);
  if (finished_.empty()) return std::nullopt;
  const ShardWork work = finished_.front();
  finished_.pop_front();
  return work;
}

Offer ComputeTeam::next(bool busy) {
  const std::lock_guard lock(mutex_);
  if (!ready_) return {};
  if (queue_.empty()) return {.ended = ending_};
  Task& task = *queue_.front();
  if (job_.chunks || task.work.labels_only) {
    // A piece is copied in no time, and then in the cache; to inflate a band takes longer than to compute it.
    const bool later = free_rooms_.empty() || (busy && job_.chunks);
    return later ? Offer{} : next_part();
  }
  queue_.pop_front();
  return {.block = &task.whole};
}

/// A band of the oldest shard, or a piece of it. Holding the mutex.
Offer ComputeTeam::next_part() {
  Room& room = *free_rooms_.back();
  free_rooms_.pop_back();
  Task& task = *queue_.front();
  const RowRange all = task.work.shard->rows();
  RowRange rows{task.next_row, std::min(job_.memory.piece_rows, all.end() - task.next_row)};
  Index begin = 0;  // of the rows in the room
  if (job_.chunks) {
    const Index band_rows = job_.chunks->rows_per_band();
    room.band = rows.first / band_rows;
    rows.count = std::min((room.band + 1) * band_rows, all.end()) - rows.first;
    begin = (rows.first - room.band * band_rows) * job_.bytes_per_row();
  }
  static_cast<Block&>(room.block) = block_of(task, rows, room.rows.data() + begin);
  room.block.task = &task;
  room.block.room = &room;
  task.next_row = rows.end();
  if (task.next_row == all.end()) queue_.pop_front();
  return {.block = &room.block, .unprepared = true};
}

void ComputeTeam::prepare(const Block& block) {
  Room& room = *static_cast<const OpenBlock&>(block).room;
  Task& task = *room.block.task;
  const std::span<std::byte> rows(room.rows.data(), room.rows.size());
  if (room.decoder) return room.decoder->decode(task.work.shard->body(), room.band, rows);
  const double start = thread_cpu_seconds();
  const RowRange all = task.work.shard->rows();
  const Index first = all.first + (block.labels.data() - task.work.shard->labels().data());
  plain_->read(first, block.rows.rows, rows);
  read_cpu_nanoseconds_ += std::llround((thread_cpu_seconds() - start) * 1e9);
}

double ComputeTeam::read_cpu_seconds() const { return 1e-9 * static_cast<double>(read_cpu_nanoseconds_); }

void ComputeTeam::done(const Block& block, const Counts& counts) {
  const auto& open = static_cast<const OpenBlock&>(block);
  Task& task = *open.task;
  Room* const room = open.room;  // from which another thread may take the block as soon as it is free
  bool complete = false;
  {
    const std::lock_guard lock(mutex_);
    counts_ += counts;
    task.rows_left -= block.rows.rows;
    complete = task.rows_left == 0;
    if (room != nullptr) free_rooms_.push_back(room);
  }
  if (room != nullptr) signal().raise();  // another part can be made
  if (!complete) return;
  if (hook_) hook_(task.work.shard->rows());
  {
    const std::lock_guard lock(mutex_);
    finished_.push_back(task.work);
    std::erase_if(tasks_, [&task](const auto& one) { return one.get() == &task; });
  }
  events_.raise();
}

}  // namespace tally::pipeline

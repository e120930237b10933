#include "pipeline/io_thread.hpp"

#include <utility>

#include "kernels/stopwatch.hpp"
#include "pipeline/cpu_time.hpp"

namespace tally::pipeline {

IoThread::IoThread(ShardSource& source, ResultSink sink, Signal& events, const LastResort& last_resort)
    : source_(source), sink_(std::move(sink)), events_(events), last_resort_(last_resort), thread_([this] { run(); }) {}

IoThread::~IoThread() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  orders_.raise();
  last_resort_.wait(events_, [this] {
    const std::lock_guard lock(mutex_);
    return ended_;
  });
  thread_.join();
}

void IoThread::read(Shard& shard, const RowRange& rows, bool labels_only) {
  {
    const std::lock_guard lock(mutex_);
    reads_.push_back({&shard, rows, labels_only, nullptr});
  }
  orders_.raise();
}

void IoThread::write(Result& result) {
  {
    const std::lock_guard lock(mutex_);
    writes_.push_back({nullptr, {}, false, &result});
  }
  orders_.raise();
}

Shard* IoThread::take_read() {
  const std::lock_guard lock(mutex_);
  if (read_.empty()) return nullptr;
  Shard* const shard = read_.front();
  read_.pop_front();
  return shard;
}

Result* IoThread::take_written() {
  const std::lock_guard lock(mutex_);
  if (written_.empty()) return nullptr;
  Result* const result = written_.front();
  written_.pop_front();
  return result;
}

void IoThread::check() const {
  const std::lock_guard lock(mutex_);
  if (failure_) std::rethrow_exception(failure_);
}

IoTimes IoThread::times() const {
  const std::lock_guard lock(mutex_);
  return times_;
}

bool IoThread::take_order(Order& order) {
  const std::lock_guard lock(mutex_);
  std::deque<Order>& orders = writes_.empty() ? reads_ : writes_;
  if (ending_ || orders.empty()) return false;
  order = orders.front();
  orders.pop_front();
  return true;
}

void IoThread::run() {
  const auto ending = [this] {
    const std::lock_guard lock(mutex_);
    return ending_;
  };
  try {
    while (!ending()) {
      const std::uint64_t seen = orders_.count();
      Order order;
      if (take_order(order)) {
        carry_out(order);
        events_.raise();
      } else {
        orders_.wait(seen);
      }
    }
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

void IoThread::carry_out(const Order& order) {
  const Stopwatch watch;
  const double cpu_start = thread_cpu_seconds();
  if (order.result != nullptr) {
    sink_(*order.result);
  } else if (order.labels_only) {
    source_.read_labels(*order.shard, order.rows);
  } else {
    source_.read(*order.shard, order.rows);
  }
  const double seconds = watch.seconds();
  const double cpu = thread_cpu_seconds() - cpu_start;
  const std::lock_guard lock(mutex_);
  if (order.result != nullptr) {
    times_.write += seconds;
    written_.push_back(order.result);
  } else {
    times_.read += seconds;
    times_.read_cpu += cpu;
    read_.push_back(order.shard);
  }
}

}  // namespace tally::pipeline

// Reading shards and writing results in a thread of its own, so that whoever talks to other ranks never waits for a
// disk.
#pragma once

#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "kernels/signal.hpp"
#include "pipeline/last_resort.hpp"
#include "pipeline/result.hpp"
#include "pipeline/shard_source.hpp"

namespace tally::pipeline {

/// Takes the results of a shard, in any order of rows.
using ResultSink = std::function<void(Result& result)>;

/// Where the time of the thread went, in seconds.
struct IoTimes {
  double read = 0.0;
  double read_cpu = 0.0;  // of that, computing: copying, converting, inflating
  double write = 0.0;
};

/// Does what it is told in the order in which it is told, results before shards: they free memory. Local; to be called
/// by one thread.
class IoThread {
 public:
  /// The source must outlive it, and so must the rest. `events` is raised whenever something is done, or fails.
  IoThread(ShardSource& source, ResultSink sink, Signal& events, const LastResort& last_resort);
  /// Waits for what is being read or written; the last resort where that does not end.
  ~IoThread();
  IoThread(const IoThread&) = delete;
  IoThread& operator=(const IoThread&) = delete;

  /// Fills the shard with these rows, or with their labels alone.
  void read(Shard& shard, const RowRange& rows, bool labels_only = false);
  /// A shard that is filled, in the order of read(); null where there is none.
  Shard* take_read();
  /// Hands the result to the sink.
  void write(Result& result);
  /// A result that the sink has taken; null where there is none.
  Result* take_written();
  /// Throws what source or sink threw. Nothing is done any more after that.
  void check() const;

  IoTimes times() const;

 private:
  struct Order {
    Shard* shard = nullptr;
    RowRange rows;
    bool labels_only = false;
    Result* result = nullptr;
  };

  void run();
  bool take_order(Order& order);
  void carry_out(const Order& order);

  ShardSource& source_;
  ResultSink sink_;
  Signal& events_;
  const LastResort& last_resort_;
  Signal orders_;

  mutable std::mutex mutex_;  // for what follows
  std::deque<Order> reads_;
  std::deque<Order> writes_;
  std::deque<Shard*> read_;
  std::deque<Result*> written_;
  bool ending_ = false;
  bool ended_ = false;
  std::exception_ptr failure_;
  IoTimes times_;

  std::thread thread_;
};

}  // namespace tally::pipeline

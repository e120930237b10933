// How threads sleep until another one has something for them.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace tally {

/// Counts how often it was raised. Who waits names the count that it saw before it looked for something to do: what was
/// raised after that is not missed.
class Signal {
 public:
  Signal() = default;
  Signal(const Signal&) = delete;
  Signal& operator=(const Signal&) = delete;

  std::uint64_t count() const { return count_; }

  void raise() {
    {
      const std::lock_guard lock(mutex_);
      ++count_;
    }
    changed_.notify_all();
  }

  /// Sleeps until it was raised after `seen`.
  void wait(std::uint64_t seen) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return count_ != seen; });
  }

  /// The same, for so long at most.
  void wait_for(std::uint64_t seen, std::chrono::microseconds longest) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, longest, [&] { return count_ != seen; });
  }

 private:
  std::mutex mutex_;  // held to count, so that nobody who is about to sleep misses it
  std::condition_variable changed_;
  std::atomic<std::uint64_t> count_ = 0;
};

}  // namespace tally

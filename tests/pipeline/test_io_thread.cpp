// Reading and writing in a thread of its own: in order, and with an end.
#include "pipeline/io_thread.hpp"

#include <gmock/gmock.h>

#include <atomic>
#include <cstdlib>
#include <deque>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "tests/pipeline/made_shards.hpp"

namespace tally::pipeline {
namespace {

const Job& job() {
  static const Job made = made_job(made_request({0, 100}, 1, 1), 10.0);
  return made;
}

LastResort never() {
  return {[](const std::string& why) {
            ADD_FAILURE() << "gave up: " << why;
            std::abort();
          },
          10.0};
}

/// What `take` gives, or null where nothing comes for long.
template <class Taken>
Taken* wait_for_one(Signal& events, const std::function<Taken*()>& take) {
  for (int i = 0; i < 100; ++i) {
    const std::uint64_t seen = events.count();
    if (Taken* const taken = take()) return taken;
    events.wait_for(seen, std::chrono::milliseconds(100));
  }
  return nullptr;
}

TEST(IoThread, ReadsInTheOrderOfTheOrders) {
  MadeShards source(job());
  Signal events;
  const LastResort last_resort = never();
  std::deque<Shard> shards(5);
  IoThread io(source, {}, events, last_resort);
  for (Index i = 0; i < 5; ++i) io.read(shards[static_cast<std::size_t>(i)], {10 * i, 10});
  for (Index i = 0; i < 5; ++i) {
    Shard* const shard = wait_for_one<Shard>(events, [&] { return io.take_read(); });
    ASSERT_EQ(shard, &shards[static_cast<std::size_t>(i)]);
    EXPECT_EQ(shard->rows(), (RowRange{10 * i, 10}));
    EXPECT_EQ(shard->labels()[3], made_label(10 * i + 3));
  }
  EXPECT_GT(io.times().read, 0.0);
}

TEST(IoThread, ResultsGoFirst) {
  MadeShards source(job());
  source.slow_down(std::chrono::milliseconds(30));
  Signal events;
  const LastResort last_resort = never();
  std::atomic<Index> written = 0;
  std::deque<Shard> shards(3);
  Result result;
  result.reset({0, 1}, job());
  IoThread io(
      source, [&](Result&) { ++written; }, events, last_resort);
  for (Shard& shard : shards) io.read(shard, {0, 10});
  io.write(result);
  EXPECT_EQ(wait_for_one<Result>(events, [&] { return io.take_written(); }), &result);
  EXPECT_EQ(written, 1);
  EXPECT_LE(source.shards(), 1) << "shards were read before a result was written";
}

TEST(IoThread, AFailureIsToldAndNothingIsDoneAfterIt) {
  MadeShards source(job());
  source.fail_after(1);
  Signal events;
  const LastResort last_resort = never();
  std::deque<Shard> shards(3);
  IoThread io(source, {}, events, last_resort);
  for (Shard& shard : shards) io.read(shard, {0, 10});
  EXPECT_EQ(wait_for_one<Shard>(events, [&] { return io.take_read(); }), &shards[0]);
  const auto failure = [&]() -> std::string {
    for (int i = 0; i < 100; ++i) {
      const std::uint64_t seen = events.count();
      try {
        io.check();
      } catch (const Error& error) {
        return error.what();
      }
      events.wait_for(seen, std::chrono::milliseconds(100));
    }
    return "none";
  };
  EXPECT_EQ(failure(), "made.h5: cannot read on");
  EXPECT_EQ(io.take_read(), nullptr);
  EXPECT_EQ(source.shards(), 1);
}

TEST(IoThread, OneThatDoesNotComeBackIsTheLastResort) {
  MadeShards source(job());
  source.slow_down(std::chrono::seconds(1));
  Signal events;
  int told = 0;
  LastResort last_resort{[&told](const std::string& why) {
                           ++told;
                           EXPECT_EQ(why, "the disk is gone");
                         },
                         0.2, "the disk is gone"};
  {
    Shard shard;  // outlives the thread
    IoThread io(source, {}, events, last_resort);
    io.read(shard, {0, 10});
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  }
  EXPECT_GT(told, 0);
}

}  // namespace
}  // namespace tally::pipeline

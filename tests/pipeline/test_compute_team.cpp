// Shards in, results out, by several threads; and an end to every failure.
#include "pipeline/compute_team.hpp"

#include <gmock/gmock.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "tests/pipeline/made_shards.hpp"

namespace tally::pipeline {
namespace {

constexpr int threads = 4;

class TeamOf : public testing::Test {
 protected:
  LastResort last_resort_{[](const std::string& why) {
                            ADD_FAILURE() << "gave up: " << why;
                            std::abort();
                          },
                          10.0};
  Signal events_;

  /// Runs all rows in shards of `each` through the team, two at a time; returns the rows that came back, in order.
  static std::vector<RowRange> run(ComputeTeam& team, Signal& events, const Job& job, Index each, bool labels_only) {
    MadeShards source(job);
    std::deque<Shard> shards(2);
    std::deque<Result> results(2);
    std::vector<std::pair<Shard*, Result*>> free{{&shards[0], &results[0]}, {&shards[1], &results[1]}};
    std::vector<RowRange> back;
    const RowRange all = job.shards.rows;
    Index next = all.first;
    Index done = 0;
    while (done < all.count) {
      const std::uint64_t seen = events.count();
      team.check();
      while (next < all.end() && !free.empty()) {
        const auto [shard, result] = free.back();
        free.pop_back();
        source.read(*shard, {next, std::min(each, all.end() - next)});
        next = shard->rows().end();
        team.submit({shard, result, labels_only});
      }
      bool moved = false;
      while (const auto work = team.take_finished()) {
        const RowRange rows = work->result->rows();
        for (Index i = 0; i < rows.count; ++i) {
          EXPECT_EQ(work->result->predicted()[static_cast<std::size_t>(i)], made_prediction(rows.first + i));
        }
        back.push_back(rows);
        done += rows.count;
        free.emplace_back(work->shard, work->result);
        moved = true;
      }
      if (!moved && done < all.count) events.wait_for(seen, std::chrono::milliseconds(200));
    }
    std::ranges::sort(back, {}, &RowRange::first);
    return back;
  }

  static void expect_all(const std::vector<RowRange>& back, const Job& job, ComputeTeam& team) {
    team.end();
    Index position = job.shards.rows.first;
    for (const RowRange& rows : back) {
      EXPECT_EQ(rows.first, position);
      position = rows.end();
    }
    EXPECT_EQ(position, job.shards.rows.end());
    EXPECT_EQ(team.counts().samples, job.shards.rows.count);
  }
};

TEST_F(TeamOf, RowsThatCameDense) {
  const Job job = made_job(made_request({7, 20'000}, 100, 1), 10.0);
  for (const Index each : {1000, 20'000, 333}) {
    ComputeTeam team(job, made_network(), threads, nullptr, events_, last_resort_);
    EXPECT_FALSE(team.reads());
    expect_all(run(team, events_, job, each, false), job, team);
  }
}

TEST_F(TeamOf, RowsThatThreadsReadInPieces) {
  constexpr Index rows = 50'000;
  Job job = made_job(made_request({0, rows}, 100, 1), 10.0);
  job.memory.piece_rows = 64;
  for (const int pieces : {1, 2, 9}) {
    job.memory.pieces = pieces;
    const auto plain = made_plain_rows({0, rows});
    ComputeTeam team(job, made_network(), threads, plain.get(), events_, last_resort_);
    ASSERT_TRUE(team.reads());
    expect_all(run(team, events_, job, 2000, true), job, team);
    EXPECT_EQ(plain->bytes_read(), 2U * rows) << "each row once";
  }
}

TEST_F(TeamOf, IsReadyBeforeItHasAnything) {
  const Job job = made_job(made_request({0, 1000}, 100, 1), 10.0);
  ComputeTeam team(job, made_network(), threads, nullptr, events_, last_resort_);
  team.wait_ready();
  expect_all(run(team, events_, job, 100, false), job, team);
  EXPECT_LE(team.times().wait, team.times().seconds);
}

TEST_F(TeamOf, RowsThatCannotBeReadEndIt) {
  Job job = made_job(made_request({0, 5000}, 100, 1), 10.0);
  job.memory.piece_rows = 64;
  job.memory.pieces = 3;
  // The file ends before the rows do.
  const io::PlainPart part{0, 5000, made_plain_rows({0, 100})->parts().front().file, 0};
  const io::PlainRows plain("made", {part}, 2);
  ComputeTeam team(job, made_network(), threads, &plain, events_, last_resort_);
  EXPECT_THROW(run(team, events_, job, 500, true), Error);
  EXPECT_THROW(team.end(), Error);
}

TEST_F(TeamOf, AFailureIsToldHoweverTheThreadsStand) {
  const Job job = made_job(made_request({0, 256}, 1, 1), 10.0);
  for (int round = 0; round < 200; ++round) {
    ComputeTeam team(job, made_network(), threads, nullptr, events_, last_resort_,
                     [](const RowRange&) { throw Error("no"); });
    EXPECT_THROW(run(team, events_, job, 256, false), Error);
  }
}

TEST_F(TeamOf, AThreadThatDoesNotComeBackIsTheLastResort) {
  const Job job = made_job(made_request({0, 10}, 1, 1), 10.0);
  std::atomic<bool> release = false;
  std::string told;
  LastResort last_resort{[&](const std::string& why) {
                           told = why;
                           release = true;  // so that this test can end
                         },
                         0.2, "the disk is gone"};
  {
    ComputeTeam team(job, made_network(), 1, nullptr, events_, last_resort, [&](const RowRange&) {
      while (!release) std::this_thread::sleep_for(std::chrono::milliseconds(10));
    });
    MadeShards source(job);
    Shard shard;
    Result result;
    source.read(shard, {0, 10});
    team.submit({&shard, &result});
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
  EXPECT_EQ(told, "the disk is gone");
}

}  // namespace
}  // namespace tally::pipeline

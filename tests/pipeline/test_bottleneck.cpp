// Which part of a run is named as what held it up.
#include "pipeline/bottleneck.hpp"

#include <gmock/gmock.h>

namespace tally::pipeline {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

/// Ten seconds on four ranks that all did the same.
BottleneckFacts alike(double read, double send, double inflate, double compute, double wait) {
  BottleneckFacts facts;
  const auto all = [](double seconds) { return io::Spread{seconds, seconds, seconds}; };
  facts.phases = {all(read), all(send), all(inflate), all(compute), all(wait), all(0.0)};
  facts.wall_seconds = 10.0;
  facts.ranks = 4;
  return facts;
}

TEST(Bottleneck, ThreadsThatHardlyWait) {
  EXPECT_EQ(find_bottleneck(alike(9.9, 9.9, 0.0, 9.5, 0.5)), Bottleneck::compute);
  EXPECT_EQ(find_bottleneck(alike(2.0, 9.9, 5.0, 3.5, 1.5)), Bottleneck::inflate);
  // They read for themselves, which takes what computing and waiting leave.
  EXPECT_EQ(find_bottleneck(alike(2.5, 0.0, 0.0, 7.4, 0.1)), Bottleneck::compute);
  BottleneckFacts facts = alike(6.0, 0.0, 0.0, 3.9, 0.1);
  facts.reader_cpu_share = 0.2;
  EXPECT_EQ(find_bottleneck(facts), Bottleneck::disk);
  facts.reader_cpu_share = 0.9;
  EXPECT_EQ(find_bottleneck(facts), Bottleneck::reader);
}

TEST(Bottleneck, ShardsThatTheMemoryMakesTooSmall) {
  BottleneckFacts facts = alike(6.0, 9.0, 0.0, 1.0, 9.0);
  facts.small_shards = true;
  EXPECT_EQ(find_bottleneck(facts), Bottleneck::memory);
  EXPECT_THAT(bottleneck_sentence(facts), HasSubstr("a larger --buffer-memory would help"));
}

TEST(Bottleneck, MoreThreadsHelpOnlyWhereThereAreProcessors) {
  BottleneckFacts facts = alike(1.0, 0.0, 0.0, 9.5, 0.5);
  EXPECT_THAT(bottleneck_sentence(facts), HasSubstr("more threads"));
  facts.shared_cpus = true;
  EXPECT_THAT(bottleneck_sentence(facts), Not(HasSubstr("more threads")));
}

TEST(Bottleneck, AReaderThatIsAlwaysBusy) {
  BottleneckFacts facts = alike(9.0, 3.0, 0.0, 4.0, 6.0);
  facts.reader_cpu_share = 0.1;
  EXPECT_EQ(find_bottleneck(facts), Bottleneck::disk);
  facts.reader_cpu_share = 0.95;
  EXPECT_EQ(find_bottleneck(facts), Bottleneck::reader);
  facts.reader_decodes = true;
  EXPECT_EQ(find_bottleneck(facts), Bottleneck::decompression);
}

TEST(Bottleneck, ShardsThatAreAlwaysOnTheirWay) {
  EXPECT_EQ(find_bottleneck(alike(2.0, 9.5, 0.0, 4.0, 6.0)), Bottleneck::network);
}

// The root's threads never wait for the network, so that with few ranks the mean says little.
TEST(Bottleneck, ALinkThatIsFullForOneRank) {
  BottleneckFacts facts = alike(2.0, 9.7, 0.0, 8.0, 0.0);
  facts.ranks = 2;
  facts.phases.wait = {0.0, 1.9, 3.8};
  EXPECT_EQ(find_bottleneck(facts), Bottleneck::network);
  facts.phases.wait = {0.0, 0.1, 0.2};  // prefetched, and not missed
  EXPECT_EQ(find_bottleneck(facts), Bottleneck::compute);
}

TEST(Bottleneck, RanksThatWaitForEachOther) {
  EXPECT_EQ(find_bottleneck(alike(2.0, 2.0, 0.0, 5.0, 5.0)), Bottleneck::imbalance);
}

TEST(Bottleneck, ARankAloneWaitsForTheReaderOnly) {
  BottleneckFacts facts = alike(7.0, 0.0, 0.0, 1.0, 8.0);
  facts.ranks = 1;
  facts.reader_cpu_share = 0.1;
  EXPECT_EQ(find_bottleneck(facts), Bottleneck::disk);
  EXPECT_THAT(bottleneck_sentence(facts), Not(HasSubstr("--reader each")));
  facts = alike(3.0, 0.0, 0.0, 7.0, 0.5);
  facts.ranks = 1;
  EXPECT_EQ(find_bottleneck(facts), Bottleneck::compute);
}

TEST(Bottleneck, TheSentenceNamesItAndWhatWouldHelp) {
  EXPECT_THAT(bottleneck_sentence(alike(9.9, 9.9, 0.0, 9.5, 0.5)),
              StartsWith("compute: the threads computed for 95 %"));
  EXPECT_THAT(bottleneck_sentence(alike(2.0, 9.5, 0.0, 4.0, 6.0)), HasSubstr("--reader each"));
  BottleneckFacts facts = alike(9.0, 3.0, 0.0, 4.0, 6.0);
  facts.reader_cpu_share = 0.25;
  EXPECT_THAT(bottleneck_sentence(facts), HasSubstr("reading took 90 % of the time, 75 % of that waiting"));
  facts.ranks_read = true;
  EXPECT_THAT(bottleneck_sentence(facts), Not(HasSubstr("--reader each")));
  for (const double seconds : {0.0, 0.05}) {
    facts.wall_seconds = seconds;
    EXPECT_THAT(bottleneck_sentence(facts), HasSubstr("too short"));
  }
}

}  // namespace
}  // namespace tally::pipeline

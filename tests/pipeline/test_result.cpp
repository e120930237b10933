// What ranks send each other arrives as it left; what is cut short is refused.
#include "pipeline/message.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "pipeline/bytes.hpp"
#include "tests/pipeline/example_job.hpp"

namespace tally::pipeline {
namespace {

/// `size` bytes as if they had arrived from elsewhere.
void deliver(ShardMessage& to, std::span<const std::byte> bytes) {
  ASSERT_GE(to.capacity().size(), bytes.size());
  std::copy(bytes.begin(), bytes.end(), to.capacity().begin());
}

TEST(JobBytes, ComeBackAsTheyWere) {
  const Job job = example_job(StoredType::uint16);
  const Job copy = job_from_bytes(to_bytes(job));
  EXPECT_EQ(copy.inputs, job.inputs);
  EXPECT_EQ(copy.classes, job.classes);
  EXPECT_EQ(copy.transform.scale, job.transform.scale);
  EXPECT_EQ(copy.transform.offset, job.transform.offset);
  EXPECT_EQ(copy.type, job.type);
  EXPECT_EQ(rows_per_shard(copy.shards), 17);
  EXPECT_EQ(copy.predictions, job.predictions);
  EXPECT_EQ(copy.probabilities, job.probabilities);
  EXPECT_EQ(copy.stall_seconds, job.stall_seconds);
}

TEST(JobBytes, EveryTruncationIsRefused) {
  const std::string bytes = to_bytes(example_job(StoredType::uint8));
  for (std::size_t length = 0; length < bytes.size(); ++length) {
    EXPECT_THROW(job_from_bytes(std::string_view(bytes).substr(0, length)), Error) << length;
  }
}

TEST(ByteReader, RefusesImpossibleLengthsBeforeItTakesMemory) {
  for (const Index count :
       {Index{-1}, Index{1} << 40, std::numeric_limits<Index>::max(), std::numeric_limits<Index>::min()}) {
    ByteWriter writer;
    writer.put(count);
    writer.put(std::int64_t{0});
    const std::string bytes = writer.take();
    ByteReader reader(bytes);
    EXPECT_THROW(reader.get_all<float>(), Error) << count;
  }
}

TEST(ShardMessage, ComesBackAsItWas) {
  constexpr Index bytes_per_row = 5;
  for (const Index count : {0, 1, 2, 100}) {
    ShardMessage sent;
    sent.reset(ShardKind::rows, {Index{1} << 40, count}, bytes_per_row);
    ASSERT_EQ(sent.bytes().size(), static_cast<std::size_t>(24 + count * (8 + bytes_per_row)));
    ASSERT_EQ(sent.labels().size(), static_cast<std::size_t>(count));
    ASSERT_EQ(sent.inputs().size(), static_cast<std::size_t>(count * bytes_per_row));
    for (std::size_t i = 0; i < sent.labels().size(); ++i) sent.labels()[i] = -static_cast<std::int64_t>(i) << 33U;
    for (std::size_t i = 0; i < sent.inputs().size(); ++i) sent.inputs()[i] = static_cast<std::byte>(i * 3);
    ShardMessage received;
    received.reserve(100, bytes_per_row);
    deliver(received, sent.bytes());
    received.received(sent.bytes().size(), bytes_per_row);
    EXPECT_EQ(received.kind(), ShardKind::rows);
    EXPECT_EQ(received.rows(), (RowRange{Index{1} << 40, count}));
    EXPECT_TRUE(std::ranges::equal(received.labels(), sent.labels()));
    EXPECT_TRUE(std::ranges::equal(received.inputs(), sent.inputs()));
  }
}

TEST(ShardMessage, ReusesTheMemoryOfLargerShards) {
  ShardMessage shard;
  shard.reset(ShardKind::rows, {0, 1000}, 8);
  const std::byte* const memory = shard.bytes().data();
  shard.reset(ShardKind::done, {}, 8);
  EXPECT_EQ(shard.kind(), ShardKind::done);
  EXPECT_EQ(shard.bytes().size(), 24U);
  shard.reset(ShardKind::rows, {7, 999}, 8);
  EXPECT_EQ(shard.bytes().data(), memory);
  EXPECT_EQ(shard.bytes().size(), 24U + 999U * 16U);
}

TEST(ShardMessage, EveryOtherLengthIsRefused) {
  constexpr Index bytes_per_row = 3;
  ShardMessage sent;
  sent.reset(ShardKind::rows, {5, 4}, bytes_per_row);
  ShardMessage received;
  received.reserve(10, bytes_per_row);
  deliver(received, sent.bytes());
  for (std::size_t length = 0; length <= received.capacity().size(); ++length) {
    if (length == sent.bytes().size()) continue;
    EXPECT_THROW(received.received(length, bytes_per_row), Error) << length;
  }
  EXPECT_NO_THROW(received.received(sent.bytes().size(), bytes_per_row));
}

TEST(ResultMessage, ComesBackAsItWas) {
  for (const bool predictions : {false, true}) {
    for (const bool probabilities : {false, true}) {
      Job job = example_job(StoredType::uint8);
      job.predictions = predictions;
      job.probabilities = probabilities;
      ResultMessage sent;
      sent.reset({9, 6}, job);
      ASSERT_EQ(sent.bytes().size(), static_cast<std::size_t>(24 + 6 * result_bytes_per_row(job)));
      ASSERT_EQ(sent.predicted().size(), predictions ? 6U : 0U);
      ASSERT_EQ(sent.confidence().size(), predictions ? 6U : 0U);
      ASSERT_EQ(sent.probabilities().size(), probabilities ? 12U : 0U);
      for (std::size_t i = 0; i < sent.predicted().size(); ++i) {
        sent.predicted()[i] = static_cast<std::int32_t>(i) - 1;
        sent.confidence()[i] = static_cast<float>(i) / 7.0F;
      }
      for (std::size_t i = 0; i < sent.probabilities().size(); ++i) sent.probabilities()[i] = -static_cast<float>(i);
      ResultMessage received;
      received.resize(sent.bytes().size());
      std::ranges::copy(sent.bytes(), received.bytes().begin());
      received.received(job);
      EXPECT_FALSE(received.failed());
      EXPECT_EQ(received.rows(), (RowRange{9, 6}));
      EXPECT_TRUE(std::ranges::equal(received.predicted(), sent.predicted()));
      EXPECT_TRUE(std::ranges::equal(received.confidence(), sent.confidence()));
      EXPECT_TRUE(std::ranges::equal(received.probabilities(), sent.probabilities()));
    }
  }
}

TEST(ResultMessage, EveryOtherLengthIsRefused) {
  const Job job = example_job(StoredType::uint8);
  ResultMessage sent;
  sent.reset({0, 3}, job);
  const std::vector<std::byte> bytes(sent.bytes().begin(), sent.bytes().end());
  for (std::size_t length = 0; length < bytes.size() + 20; ++length) {
    if (length == bytes.size()) continue;
    ResultMessage received;
    received.resize(length);
    std::copy_n(bytes.begin(), std::min(length, bytes.size()), received.bytes().begin());
    EXPECT_THROW(received.received(job), Error) << length;
  }
}

TEST(ResultMessage, AnErrorKeepsItsWordsAndItsRows) {
  const Job job = example_job(StoredType::uint8);
  for (const std::string text : {"", "out of memory"}) {
    ResultMessage sent;
    sent.reset({0, 3}, job);  // an earlier shard's results
    sent.reset_failed({4, 2}, text);
    ResultMessage received;
    received.resize(sent.bytes().size());
    std::ranges::copy(sent.bytes(), received.bytes().begin());
    received.received(job);
    EXPECT_TRUE(received.failed());
    EXPECT_EQ(received.error(), text);
    EXPECT_EQ(received.rows(), (RowRange{4, 2}));
  }
}

}  // namespace
}  // namespace tally::pipeline

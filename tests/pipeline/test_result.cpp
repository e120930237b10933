// The job and the results arrive as they left; what is cut short is refused.
#include "pipeline/result.hpp"

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

TEST(JobBytes, ComeBackAsTheyWere) {
  const Job job = example_job(StoredType::uint16);
  const Job copy = job_from_bytes(to_bytes(job));
  EXPECT_EQ(copy.inputs, job.inputs);
  EXPECT_EQ(copy.classes, job.classes);
  EXPECT_EQ(copy.transform.scale, job.transform.scale);
  EXPECT_EQ(copy.transform.offset, job.transform.offset);
  EXPECT_EQ(copy.type, job.type);
  EXPECT_EQ(copy.chunks, job.chunks);
  EXPECT_EQ(copy.ranks_read, job.ranks_read);
  EXPECT_EQ(rows_per_shard(copy.shards), 17);
  EXPECT_EQ(copy.limits.limit, job.limits.limit);
  EXPECT_EQ(copy.limits.band.decoded, job.limits.band.decoded);
  EXPECT_EQ(copy.predictions, job.predictions);
  EXPECT_EQ(copy.probabilities, job.probabilities);
  EXPECT_EQ(copy.stall_seconds, job.stall_seconds);
  Job dense = job;
  dense.chunks.reset();
  EXPECT_EQ(job_from_bytes(to_bytes(dense)).chunks, std::nullopt);
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

TEST(Result, ComesBackAsItWas) {
  for (const bool predictions : {false, true}) {
    for (const bool probabilities : {false, true}) {
      Job job = example_job(StoredType::uint8);
      job.predictions = predictions;
      job.probabilities = probabilities;
      Result sent;
      sent.reset({9, 6}, job);
      ASSERT_EQ(sent.bytes().size(), static_cast<std::size_t>(24 + 6 * result_bytes_per_row(job)));
      ASSERT_EQ(sent.predicted().size(), predictions ? 6U : 0U);
      ASSERT_EQ(sent.confidence().size(), predictions ? 6U : 0U);
      ASSERT_EQ(sent.labels().size(), predictions ? 6U : 0U);
      ASSERT_EQ(sent.probabilities().size(), probabilities ? 12U : 0U);
      for (std::size_t i = 0; i < sent.predicted().size(); ++i) {
        sent.predicted()[i] = static_cast<std::int32_t>(i) - 1;
        sent.confidence()[i] = static_cast<float>(i) / 7.0F;
        sent.labels()[i] = static_cast<std::int64_t>(i) << 40;
      }
      for (std::size_t i = 0; i < sent.probabilities().size(); ++i) sent.probabilities()[i] = -static_cast<float>(i);
      Result received;
      received.resize(sent.bytes().size());
      std::ranges::copy(sent.bytes(), received.bytes().begin());
      received.received(job);
      EXPECT_FALSE(received.failed());
      EXPECT_EQ(received.rows(), (RowRange{9, 6}));
      EXPECT_TRUE(std::ranges::equal(received.labels(), sent.labels()));
      EXPECT_TRUE(std::ranges::equal(received.predicted(), sent.predicted()));
      EXPECT_TRUE(std::ranges::equal(received.confidence(), sent.confidence()));
      EXPECT_TRUE(std::ranges::equal(received.probabilities(), sent.probabilities()));
    }
  }
}

TEST(Result, EveryOtherLengthIsRefused) {
  const Job job = example_job(StoredType::uint8);
  Result sent;
  sent.reset({0, 3}, job);
  const std::vector<std::byte> bytes(sent.bytes().begin(), sent.bytes().end());
  for (std::size_t length = 0; length < bytes.size() + 20; ++length) {
    if (length == bytes.size()) continue;
    Result received;
    received.resize(length);
    std::copy_n(bytes.begin(), std::min(length, bytes.size()), received.bytes().begin());
    EXPECT_THROW(received.received(job), Error) << length;
  }
}

TEST(Result, AnErrorKeepsItsWordsAndItsRows) {
  const Job job = example_job(StoredType::uint8);
  for (const std::string text : {"", "out of memory"}) {
    Result sent;
    sent.reset({0, 3}, job);  // an earlier shard's results
    sent.reset_failed({4, 2}, text);
    Result received;
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

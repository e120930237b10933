// A shard's payload arrives as it left, with labels as narrow as the classes allow.
#include "pipeline/shard.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <vector>

namespace tally::pipeline {
namespace {

/// What a rank makes of a shard that it receives.
void deliver(Shard& from, Index bytes_of_label, Shard& to) {
  from.pack_labels();
  to.reset_received(from.header(), bytes_of_label);
  ASSERT_EQ(to.payload().size(), from.payload().size());
  std::ranges::copy(from.payload(), to.payload().begin());
  to.unpack_labels();
}

TEST(Shard, LabelsTravelInTheLeastBytesThatHoldThem) {
  EXPECT_EQ(label_bytes(2), 1);
  EXPECT_EQ(label_bytes(127), 1);
  EXPECT_EQ(label_bytes(128), 2);
  EXPECT_EQ(label_bytes(32767), 2);
  EXPECT_EQ(label_bytes(32768), 4);
  EXPECT_EQ(label_bytes(Index{1} << 31), 8);
}

TEST(Shard, ComesBackAsItWas) {
  for (const Index classes : {Index{3}, Index{200}, Index{70'000}, Index{1} << 40}) {
    for (const Index count : {0, 1, 63, 64, 65, 1000}) {
      Shard sent;
      sent.reset({Index{1} << 40, count}, label_bytes(classes), count * 5);
      for (std::size_t i = 0; i < sent.labels().size(); ++i) {
        sent.labels()[i] = i == 0 ? -2 : classes - 1 - static_cast<Index>(i) % classes;
      }
      for (std::size_t i = 0; i < sent.body().size(); ++i) sent.room()[i] = static_cast<std::byte>(i * 3);
      Shard received;
      received.reset({0, 7}, 1, 70);  // an earlier one
      deliver(sent, label_bytes(classes), received);
      EXPECT_EQ(received.rows(), (RowRange{Index{1} << 40, count}));
      EXPECT_TRUE(std::ranges::equal(received.labels(), sent.labels()));
      EXPECT_TRUE(std::ranges::equal(received.body(), sent.body()));
      EXPECT_EQ(reinterpret_cast<std::uintptr_t>(received.body().data()) % 64, 0U);
    }
  }
}

TEST(Shard, ABodyMayTurnOutSmallerThanTheRoomForIt) {
  Shard sent;
  sent.reset({5, 10}, 1, 1000);
  std::iota(sent.labels().begin(), sent.labels().end(), 0);
  std::ranges::fill(sent.room(), std::byte{9});
  sent.set_body_bytes(123);
  EXPECT_EQ(sent.header().bytes, 64 + 123);
  Shard received;
  deliver(sent, 1, received);
  EXPECT_EQ(received.body().size(), 123U);
  EXPECT_EQ(received.labels()[9], 9);
}

TEST(Shard, InSharedMemoryIsReadWhereItLies) {
  std::vector<std::byte> memory(4096);
  Shard sent;
  sent.use_shared(std::span(memory).subspan(1024, 1024), 1024);
  sent.reset({3, 4}, 1, 900);
  ASSERT_TRUE(sent.shared());
  std::iota(sent.labels().begin(), sent.labels().end(), 5);
  std::ranges::fill(sent.room(), std::byte{9});
  sent.pack_labels();
  EXPECT_EQ(sent.header().shared_at, 1024);
  Shard there;
  there.reset_shared(sent.header(), 1, memory);
  there.unpack_labels();
  EXPECT_EQ(there.rows(), (RowRange{3, 4}));
  EXPECT_EQ(there.labels()[3], 8);
  EXPECT_EQ(there.body().data(), memory.data() + 1024 + 64);
  EXPECT_EQ(there.body().size(), 900U);
  for (const Index at : {Index{-1}, Index{4096 - 963}, Index{5000}, INT64_MAX}) {
    ShardHeader header = sent.header();
    header.shared_at = at;
    EXPECT_THROW(there.reset_shared(header, 1, memory), Error) << at;
  }
  sent.reset({3, 4}, 1, 1000);  // does not fit
  EXPECT_FALSE(sent.shared());
  EXPECT_EQ(sent.header().shared_at, -1);
}

TEST(Shard, ReusesItsMemory) {
  Shard shard;
  shard.reset({0, 1000}, 1, 8000);
  const std::byte* const memory = shard.payload().data();
  shard.reset({7, 900}, 1, 8001);
  EXPECT_EQ(shard.payload().data(), memory);
}

TEST(Shard, AHeaderThatCannotBeIsRefused) {
  Shard shard;
  EXPECT_THROW(shard.reset_received({ShardKind::rows, 0, 65, 64}, 1), Error);
  EXPECT_THROW(shard.reset_received({ShardKind::rows, 0, -1, 64}, 1), Error);
  EXPECT_THROW(shard.reset_received({ShardKind::rows, 0, 1, -1}, 1), Error);
  EXPECT_NO_THROW(shard.reset_received({ShardKind::rows, 0, 64, 64}, 1));
}

}  // namespace
}  // namespace tally::pipeline

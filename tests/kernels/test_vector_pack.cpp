// Packing has the same bits on every instruction set, follows the rules element by element, and touches nothing beside
// its rows and its panel.
#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>
#include <random>
#include <vector>

#include "tests/kernels/each_vector_isa.hpp"
#include "tests/kernels/guarded_rows.hpp"
#include "tests/kernels/reference_network.hpp"

namespace tally {
namespace {

constexpr Index panels[] = {4, 6, 8, 12, 16, 32};
constexpr InputTransform transforms[] = {{1.0, 0.0}, {1.0 / 255.0, 0.0}, {0.1, -0.7}, {-3.0, 1e6}, {0.0, 2.0}};

/// `columns` of the rows from `first_column` on; lane i of the panel takes row order[i].
struct Part {
  Index first_column;
  Index columns;
  std::vector<Index> order;
  InputTransform transform;
};

std::vector<float> pack(const StoredRows& rows, const Part& part, Guard guard) {
  std::vector<const std::byte*> starts;
  for (const Index row : part.order) starts.push_back(rows.row(row));
  const auto panel = static_cast<Index>(starts.size());
  const GuardedArray<float> x(panel * part.columns, guard);
  vector_kernels().pack({starts.data(), rows.type, part.first_column, part.columns, panel, x.data(), part.transform});
  return {x.begin(), x.end()};
}

/// One element after the other.
std::vector<float> twin(const StoredRows& rows, const Part& part) {
  std::vector<float> x;
  for (Index j = 0; j < part.columns; ++j) {
    for (const Index row : part.order) x.push_back(reference::input(rows, part.transform, row, part.first_column + j));
  }
  return x;
}

class VectorPack : public VectorIsaTest, public testing::WithParamInterface<StoredType> {
 protected:
  void expect_twin_on_each_isa(const StoredRows& rows, const Part& part, Guard guard) {
    expect_same_bits_on_each_isa([&] { return pack(rows, part, guard); });
    if (HasFatalFailure()) return;
    const std::vector<float> got = pack(rows, part, guard);
    const std::vector<float> expected = twin(rows, part);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const bool zeros = got[i] == 0.0F && expected[i] == 0.0F;  // of either sign
      ASSERT_TRUE(zeros || bits_of(got[i]) == bits_of(expected[i]))
          << name_of(rows.type) << ", panel " << part.order.size() << ", columns " << part.first_column << " + "
          << part.columns << " of " << rows.inputs << ", element " << i << ": " << got[i] << ", not " << expected[i];
    }
  }

  /// Rows in any order, some of them more than once, as in a panel that is not full.
  std::vector<Index> random_order(Index rows, Index panel) {
    std::vector<Index> order(static_cast<std::size_t>(panel));
    for (Index& row : order) row = static_cast<Index>(random_() % static_cast<std::uint64_t>(rows));
    order[static_cast<std::size_t>(random_() % order.size())] = 0;         // directly behind the page before
    order[static_cast<std::size_t>(random_() % order.size())] = rows - 1;  // directly before the page behind
    return order;
  }

  std::mt19937_64 random_{static_cast<std::uint64_t>(GetParam())};
};

TEST_P(VectorPack, WholeRowsOfEveryWidth) {
  for (const Index panel : panels) {
    for (Index columns = 1; columns <= 40; ++columns) {
      const Guard guard = random_() % 2 == 0 ? Guard::before : Guard::after;
      const GuardedRows rows(random_, GetParam(), panel, columns, guard);
      const InputTransform& transform = transforms[random_() % std::size(transforms)];
      expect_twin_on_each_isa(rows.stored(), {0, columns, random_order(panel, panel), transform}, guard);
      if (HasFatalFailure()) return;
    }
  }
}

TEST_P(VectorPack, PartsOfRows) {
  for (const Index panel : panels) {
    for (int repeat = 0; repeat < 30; ++repeat) {
      const Guard guard = random_() % 2 == 0 ? Guard::before : Guard::after;
      const Index columns = 1 + static_cast<Index>(random_() % 40);
      const Index before = static_cast<Index>(random_() % 20);
      const Index behind = guard == Guard::after ? 0 : static_cast<Index>(random_() % 3);
      const GuardedRows rows(random_, GetParam(), 1 + static_cast<Index>(random_() % 40), before + columns + behind,
                             guard);
      const InputTransform& transform = transforms[random_() % std::size(transforms)];
      expect_twin_on_each_isa(rows.stored(), {before, columns, random_order(rows.stored().rows, panel), transform},
                              guard);
      if (HasFatalFailure()) return;
    }
  }
}

TEST_P(VectorPack, LongRows) {
  for (const Index panel : panels) {
    const GuardedRows rows(random_, GetParam(), panel, 784, Guard::after);
    std::vector<Index> order(static_cast<std::size_t>(panel));
    std::iota(order.rbegin(), order.rend(), Index{0});
    expect_twin_on_each_isa(rows.stored(), {0, 784, order, {1.0 / 255.0, 0.5}}, Guard::before);
    if (HasFatalFailure()) return;
  }
}

/// From an odd address, too.
TEST_P(VectorPack, UnalignedRows) {
  for (const Index panel : panels) {
    for (std::size_t shift = 1; shift < 8; ++shift) {
      const Index columns = 1 + static_cast<Index>(random_() % 40);
      std::vector<std::byte> memory(static_cast<std::size_t>(panel * columns) * size_of(GetParam()) + shift);
      for (std::byte& byte : memory) byte = static_cast<std::byte>(random_());
      expect_twin_on_each_isa({memory.data() + shift, GetParam(), panel, columns},
                              {0, columns, random_order(panel, panel), transforms[shift % std::size(transforms)]},
                              Guard::after);
      if (HasFatalFailure()) return;
    }
  }
}

/// With scale 1 and offset 0 nothing is computed, so that -0 keeps its sign, in squares and beside them.
TEST_F(VectorIsaTest, PackedAsItIsMinusZeroKeepsItsSign) {
  constexpr std::size_t most = 1280;  // 32 rows of 40
  const std::vector<std::uint16_t> halves(most, 0x8000);
  const std::vector<float> floats(most, -0.0F);
  for (const Index panel : panels) {
    for (const Index columns : {1, 3, 16, 40}) {
      std::vector<Index> order(static_cast<std::size_t>(panel));
      std::iota(order.begin(), order.end(), Index{0});
      for (const VectorIsa isa : vector_isas_here()) {
        use_vector_isa(isa);
        for (const StoredType type : {StoredType::float16, StoredType::float32}) {
          const auto* const data = type == StoredType::float16 ? reinterpret_cast<const std::byte*>(halves.data())
                                                               : reinterpret_cast<const std::byte*>(floats.data());
          const std::vector<float> x = pack({data, type, panel, columns}, {0, columns, order, {}}, Guard::after);
          EXPECT_TRUE(std::all_of(x.begin(), x.end(), [](float value) { return value == 0.0F && std::signbit(value); }))
              << name_of(type) << " on " << name_of(isa) << ", panel " << panel << ", columns " << columns;
        }
      }
    }
  }
}

/// Every number of 16 bits, float16 among the types, in every lane and column of a square.
class VectorPackCodes : public VectorPack {};

TEST_P(VectorPackCodes, AllOfThem) {
  std::vector<std::uint16_t> codes(65536);
  std::iota(codes.begin(), codes.end(), std::uint16_t{0});
  const Index columns = size_of(GetParam()) == 2 ? 2048 : 4096;  // two codes in 16 bits
  for (const Index panel : {Index{4}, Index{8}, Index{32}}) {
    for (const InputTransform& transform : {transforms[0], transforms[2]}) {
      for (Index first = 0; first < 32; first += panel) {
        const StoredRows rows{reinterpret_cast<const std::byte*>(codes.data()), GetParam(), 32, columns};
        std::vector<Index> order(static_cast<std::size_t>(panel));
        std::iota(order.begin(), order.end(), first);
        expect_twin_on_each_isa(rows, {0, columns, order, transform}, Guard::after);
        if (HasFatalFailure()) return;
      }
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Types, VectorPack, testing::ValuesIn(all_stored_types),
                         [](const auto& type) { return std::string(name_of(type.param)); });
INSTANTIATE_TEST_SUITE_P(SmallTypes, VectorPackCodes,
                         testing::Values(StoredType::uint8, StoredType::int8, StoredType::uint16, StoredType::int16,
                                         StoredType::float16),
                         [](const auto& type) { return std::string(name_of(type.param)); });

}  // namespace
}  // namespace tally

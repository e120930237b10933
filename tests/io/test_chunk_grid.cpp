// The arithmetic of chunks and bands.
#include "io/chunk_grid.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <vector>

#include "error_of.hpp"
#include "io/chunk_runs.hpp"

namespace tally::io {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

ChunkGrid grid_of(Index rows, const std::vector<Index>& row_shape, const std::vector<Index>& chunk_shape,
                  std::size_t element_bytes = 1) {
  ChunkGrid grid;
  grid.place = "f.h5: /inputs";
  grid.rows = rows;
  grid.row_shape = row_shape;
  grid.chunk_shape = chunk_shape;
  grid.element_bytes = element_bytes;
  grid.filters = {ChunkFilter::deflate};
  grid.fill_value.resize(element_bytes);
  return grid;
}

TEST(ChunkGrid, CountsBandsChunksAndBytes) {
  struct Case {
    ChunkGrid grid;
    Index bands;
    Index chunks_per_band;
    std::size_t chunk_bytes;
    std::size_t row_bytes;
    std::size_t band_bytes;
    bool whole_rows;
  };
  const std::vector<Case> cases{
      {grid_of(100, {784}, {10, 784}), 10, 1, 7840, 784, 7840, true},
      {grid_of(101, {784}, {10, 784}, 4), 11, 1, 31360, 3136, 31360, true},
      {grid_of(100, {784}, {10, 100}), 10, 8, 1000, 784, 7840, false},
      {grid_of(100, {28, 28}, {10, 28, 28}), 10, 1, 7840, 784, 7840, true},
      {grid_of(100, {28, 28}, {7, 28, 10}, 2), 15, 3, 3920, 1568, 10976, false},
      {grid_of(100, {28, 28}, {7, 9, 10}, 2), 15, 12, 1260, 1568, 10976, false},
      {grid_of(100, {}, {30}, 8), 4, 1, 240, 8, 240, true},
      {grid_of(3, {5}, {10, 8}), 1, 1, 80, 5, 50, false},
      {grid_of(std::numeric_limits<Index>::max(), {}, {1}), std::numeric_limits<Index>::max(), 1, 1, 1, 1, true},
      {grid_of(Index{1} << 40, {1 << 20}, {1 << 11, 1 << 20}), Index{1} << 29, 1, std::size_t{1} << 31,
       std::size_t{1} << 20, std::size_t{1} << 31, true}};
  for (const Case& c : cases) {
    SCOPED_TRACE(c.chunk_bytes);
    EXPECT_NO_THROW(c.grid.check());
    EXPECT_EQ(c.grid.rows_per_band(), c.grid.chunk_shape[0]);
    EXPECT_EQ(c.grid.bands(), c.bands);
    EXPECT_EQ(c.grid.chunks_per_band(), c.chunks_per_band);
    EXPECT_EQ(c.grid.chunk_bytes(), c.chunk_bytes);
    EXPECT_EQ(c.grid.row_bytes(), c.row_bytes);
    EXPECT_EQ(c.grid.band_bytes(), c.band_bytes);
    EXPECT_EQ(c.grid.whole_rows(), c.whole_rows);
    EXPECT_EQ(c.grid.most_stored_bytes(), c.chunk_bytes + c.chunk_bytes / 1000 + 68);
    EXPECT_EQ((c.bands - 1) * c.grid.rows_per_band() + c.grid.rows_of_band(c.bands - 1), c.grid.rows);
  }
}

TEST(ChunkGrid, FindsTheBandsOfRows) {
  const ChunkGrid grid = grid_of(95, {784}, {10, 784});
  EXPECT_EQ(grid.bands_of(0, 95), (BandRange{0, 10}));
  EXPECT_EQ(grid.bands_of(0, 1), (BandRange{0, 1}));
  EXPECT_EQ(grid.bands_of(9, 1), (BandRange{0, 1}));
  EXPECT_EQ(grid.bands_of(9, 2), (BandRange{0, 2}));
  EXPECT_EQ(grid.bands_of(10, 10), (BandRange{1, 1}));
  EXPECT_EQ(grid.bands_of(90, 5), (BandRange{9, 1}));
  EXPECT_EQ(grid.bands_of(95, 0), (BandRange{9, 0}));
  for (const auto& [first, count] :
       std::vector<std::pair<Index, Index>>{{-1, 1}, {0, 96}, {95, 1}, {1, std::numeric_limits<Index>::max()}, {0, -1}})
    EXPECT_THAT(error_of([&, f = first, c = count] { grid.bands_of(f, c); }),
                AllOf(StartsWith("f.h5: /inputs: "), HasSubstr("there are 95")));
}

TEST(ChunkGrid, KnowsWhereChunksBeginAndWhichReachOverAnEdge) {
  const ChunkGrid grid = grid_of(95, {28, 25}, {10, 14, 10});
  EXPECT_THAT(grid.columns_of(0), ElementsAre(0, 0));
  EXPECT_THAT(grid.columns_of(2), ElementsAre(0, 20));
  EXPECT_THAT(grid.columns_of(3), ElementsAre(14, 0));
  EXPECT_THAT(grid.columns_of(5), ElementsAre(14, 20));
  EXPECT_FALSE(grid.is_edge(0, 0));
  EXPECT_FALSE(grid.is_edge(8, 4));
  EXPECT_TRUE(grid.is_edge(0, 2));
  EXPECT_TRUE(grid.is_edge(9, 0));
  EXPECT_TRUE(grid_of(3, {5}, {10, 8}).is_edge(0, 0));
}

TEST(ChunkGrid, RefusesWhatCannotBe) {
  const Index large = Index{1} << 31;
  std::vector<ChunkGrid> impossible{grid_of(0, {784}, {10, 784}),
                                    grid_of(10, {784}, {10}),
                                    grid_of(10, {0}, {10, 1}),
                                    grid_of(10, {784}, {10, 0}),
                                    grid_of(10, {784}, {-1, 784}),
                                    grid_of(10, {large, large}, {1, large, large}, 8),
                                    grid_of(10, {large, large}, {1, 1, 1}, 8),
                                    grid_of(large, {large}, {1, 1}, 8),
                                    grid_of(10, {large, large, large}, {1, 1, 1, 1})};
  impossible.push_back(grid_of(10, {784}, {10, 784}));
  impossible.back().fill_value.clear();
  impossible.push_back(grid_of(10, {784}, {10, 784}));
  impossible.back().filters.resize(33);
  for (const ChunkGrid& grid : impossible)
    EXPECT_THAT(error_of([&] { grid.check(); }), StartsWith("f.h5: /inputs: ")) << grid.chunk_shape.size();
}

TEST(ChunkGrid, ComparesByValue) {
  const ChunkGrid grid = grid_of(95, {28, 25}, {10, 14, 10});
  ChunkGrid other = grid;
  EXPECT_EQ(grid, other);
  other.filters.push_back(ChunkFilter::shuffle);
  EXPECT_NE(grid, other);
}

/// The naive twin: every element by its coordinates.
void expect_runs_cover(const ChunkGrid& grid) {
  std::vector<Index> shape = grid.row_shape;
  shape.insert(shape.begin(), grid.rows);
  Index chunk_elements = 1;
  for (const Index size : grid.chunk_shape) chunk_elements *= size;
  for (Index band = 0; band < grid.bands(); ++band)
    for (Index chunk = 0; chunk < grid.chunks_per_band(); ++chunk) {
      std::vector<Index> expected(static_cast<std::size_t>(chunk_elements), -1);
      const std::vector<Index> columns = grid.columns_of(chunk);
      for (Index e = 0; e < chunk_elements; ++e) {
        Index rest = e;
        Index in_rows = 0;
        Index stride = 1;
        bool inside = true;
        for (std::size_t i = shape.size(); i-- > 0;) {
          const Index within = rest % grid.chunk_shape[i];
          rest /= grid.chunk_shape[i];
          const Index at = within + (i == 0 ? band * grid.rows_per_band() : columns[i - 1]);
          inside = inside && at < shape[i];
          in_rows += (i == 0 ? within : at) * stride;
          stride *= shape[i];
        }
        if (inside) expected[static_cast<std::size_t>(e)] = in_rows;
      }
      std::vector<Index> actual(expected.size(), -1);
      ChunkRuns(grid, band, chunk).for_each([&](std::size_t in_chunk, std::size_t in_rows, std::size_t count) {
        for (std::size_t i = 0; i < count; ++i) {
          ASSERT_LT(in_chunk + i, actual.size());
          EXPECT_EQ(actual[in_chunk + i], -1);
          actual[in_chunk + i] = static_cast<Index>(in_rows + i);
        }
      });
      ASSERT_EQ(actual, expected);
    }
}

TEST(ChunkRuns, CoverEveryElementOnce) {
  expect_runs_cover(grid_of(23, {}, {5}));
  expect_runs_cover(grid_of(23, {6}, {5, 6}));
  expect_runs_cover(grid_of(23, {6}, {5, 4}));
  expect_runs_cover(grid_of(3, {6}, {5, 8}));
  expect_runs_cover(grid_of(23, {4, 3}, {5, 4, 3}));
  expect_runs_cover(grid_of(23, {4, 3}, {5, 3, 3}));
  expect_runs_cover(grid_of(23, {4, 3}, {5, 4, 2}));
  expect_runs_cover(grid_of(11, {4, 3, 5}, {3, 3, 2, 4}));
  expect_runs_cover(grid_of(11, {4, 3, 5}, {3, 2, 3, 5}));
  expect_runs_cover(grid_of(5, {2, 3}, {1, 1, 1}));
}

TEST(ChunkRuns, OfWholeRowsIsOne) {
  int runs = 0;
  ChunkRuns(grid_of(23, {28, 28}, {5, 28, 28}), 4, 0).for_each([&](std::size_t, std::size_t, std::size_t count) {
    EXPECT_EQ(count, 3u * 784);
    ++runs;
  });
  EXPECT_EQ(runs, 1);
}

}  // namespace
}  // namespace tally::io

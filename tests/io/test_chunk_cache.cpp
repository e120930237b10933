// The chunk cache: reading row after row decodes every chunk once, within a bound of memory.
#include "io/chunk_cache.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <malloc.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "io/dataset.hpp"
#include "io/hdf5.hpp"
#include "io/hdf5_section.hpp"
#include "temporary_folder.hpp"

namespace tally::io {
namespace {

constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20;

CachedChunks chunks_of(std::uint64_t bytes, const std::vector<Index>& counts, bool filtered, bool whole_rows) {
  CachedChunks chunks;
  chunks.rows = 10;
  chunks.chunk_bytes = bytes;
  chunks.chunk_counts = counts;
  chunks.decoded_bytes = 1000 * bytes;
  chunks.filtered = filtered;
  chunks.whole_rows = whole_rows;
  return chunks;
}

TEST(ChunkCache, HoldsABandAndAChunkButNoMoreThanItMay) {
  struct Case {
    std::uint64_t chunk_bytes;
    std::vector<Index> counts;
    std::uint64_t limit;
    std::uint64_t chunks;
    bool whole_bands;
  };
  const std::vector<Case> cases{{mebibyte, {1}, 256 * mebibyte, 2, true},
                                {mebibyte, {}, 256 * mebibyte, 2, true},
                                {mebibyte, {8}, 256 * mebibyte, 9, true},
                                {mebibyte, {4, 5}, 256 * mebibyte, 21, true},
                                {mebibyte, {8}, 9 * mebibyte, 8, true},
                                {mebibyte, {8}, 8 * mebibyte, 1, false},
                                {mebibyte, {1}, mebibyte / 2, 1, true},
                                {512 * mebibyte, {1}, 256 * mebibyte, 1, true},
                                {512 * mebibyte, {2}, 256 * mebibyte, 1, false},
                                {1, {784}, mebibyte, 785, true},
                                {1, {784}, 0, 1, false}};
  for (const Case& c : cases) {
    SCOPED_TRACE(std::to_string(c.chunk_bytes) + " bytes, limit " + std::to_string(c.limit));
    const ChunkCache cache = plan_chunk_cache(chunks_of(c.chunk_bytes, c.counts, true, c.counts.size() < 2), c.limit);
    EXPECT_EQ(cache.bytes, c.chunks * c.chunk_bytes);
    EXPECT_EQ(cache.whole_bands, c.whole_bands);
    EXPECT_GE(cache.slots, 10 * c.chunks);
    EXPECT_LE(cache.held_bytes, std::max(c.limit, c.chunk_bytes) + 8192);
  }
}

TEST(ChunkCache, LeavesWholeRowsWithoutAFilterAlone) {
  EXPECT_EQ(plan_chunk_cache(chunks_of(mebibyte, {1}, false, true), 256 * mebibyte), ChunkCache{});
  EXPECT_EQ(plan_chunk_cache(chunks_of(mebibyte, {8}, false, false), 256 * mebibyte).bytes, 9 * mebibyte);
}

/// libhdf5's own numbering of chunks (H5D__chunk_hash_val).
TEST(ChunkCache, HasASlotForEachChunkOfABandAndTheNextOnesFirst) {
  for (const std::vector<Index>& counts : std::vector<std::vector<Index>>{{784}, {5, 9}, {3, 3, 5}, {17, 33}, {1, 1}}) {
    const ChunkCache cache = plan_chunk_cache(chunks_of(1, counts, true, false), 256 * mebibyte);
    std::vector<bool> used(cache.slots, false);
    for (Index band = 77; band < 79; ++band) {
      std::vector<Index> at(counts.size(), 0);
      for (bool more = true; more;) {
        std::uint64_t value = static_cast<std::uint64_t>(band);
        for (std::size_t i = 0; i < counts.size(); ++i) {
          int bits = 0;
          while ((Index{1} << bits) < counts[i]) ++bits;
          value = value << bits ^ static_cast<std::uint64_t>(at[i]);
        }
        ASSERT_FALSE(used[value % cache.slots]);
        used[value % cache.slots] = true;
        std::size_t i = counts.size();
        while (i > 0 && ++at[i - 1] == counts[i - 1]) at[--i] = 0;
        more = i > 0;
      }
    }
  }
}

TEST(ChunkCache, OfAVirtualDatasetIsWhatItsMostDemandingSourceNeeds) {
  const std::vector<CachedChunks> sources{chunks_of(mebibyte, {1}, true, true), chunks_of(mebibyte, {8}, true, false),
                                          chunks_of(100, {1}, false, true)};
  const ChunkCache cache = plan_chunk_cache(sources, 256 * mebibyte);
  EXPECT_EQ(cache.bytes, 9 * mebibyte);
  EXPECT_TRUE(cache.whole_bands);
  EXPECT_GE(cache.held_bytes, 18 * mebibyte);
  EXPECT_LE(cache.held_bytes, 19 * mebibyte);
  EXPECT_FALSE(plan_chunk_cache(sources, 4 * mebibyte).whole_bands);
}

// A filter that changes nothing, and counts; its number is in the range that HDF5 keeps for tests.
constexpr H5Z_filter_t counting_filter = 311;
int decoded_chunks = 0;

std::size_t count_decoding(unsigned flags, std::size_t, const unsigned*, std::size_t bytes, std::size_t*, void**) {
  if (flags & H5Z_FLAG_REVERSE) ++decoded_chunks;
  return bytes;
}

struct Layout {
  std::vector<hsize_t> shape;
  std::vector<hsize_t> chunk;
};

/// Of the heap, in bytes; always 0 where a sanitizer has replaced malloc.
std::size_t memory_in_use() {
  const struct mallinfo2 info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

std::uint16_t value_of(std::size_t element) { return static_cast<std::uint16_t>(element * 7919 % 65521); }

class CountedChunks : public ::testing::Test {
 protected:
  void SetUp() override {
    const Hdf5Section section("test");
    const H5Z_class2_t filter{H5Z_CLASS_T_VERS, counting_filter, 1, 1, "counting", nullptr, nullptr, count_decoding};
    ASSERT_GE(H5Zregister(&filter), 0);
  }

  static void write(const hdf5::Group& root, const char* name, const Layout& layout) {
    std::size_t elements = 1;
    for (const hsize_t dimension : layout.shape) elements *= dimension;
    std::vector<std::uint16_t> values(elements);
    for (std::size_t i = 0; i < elements; ++i) values[i] = value_of(i);
    const int rank = static_cast<int>(layout.shape.size());
    const hdf5::Dataspace space(H5Screate_simple(rank, layout.shape.data(), nullptr));
    const hdf5::PropertyList creation(H5Pcreate(H5P_DATASET_CREATE));
    H5Pset_chunk(creation.get(), rank, layout.chunk.data());
    H5Pset_filter(creation.get(), counting_filter, 0, 0, nullptr);
    const hdf5::Dataset dataset(hdf5::Handle<H5Oclose>(H5Dcreate2(root.id(), name, H5T_NATIVE_UINT16, space.get(),
                                                                  H5P_DEFAULT, creation.get(), H5P_DEFAULT)),
                                {root.place().file, name});
    dataset.write(H5T_NATIVE_UINT16, values.data());
  }

  std::string write(const Layout& inputs, const Layout& labels) {
    const std::string name = folder_ / "counted.h5";
    const Hdf5Section section(name);
    hdf5::File file = hdf5::File::create(name);
    write(file.root(), "inputs", inputs);
    write(file.root(), "labels", labels);
    file.close();
    return name;
  }

  static Index chunks_in(const Layout& layout) {
    Index chunks = 1;
    for (std::size_t i = 0; i < layout.shape.size(); ++i)
      chunks *= static_cast<Index>((layout.shape[i] + layout.chunk[i] - 1) / layout.chunk[i]);
    return chunks;
  }

  /// Reads everything, `at_once` rows at a time; returns how many chunks were decoded.
  static int decoded_by_reading(const DatasetReader& reader, Index at_once) {
    decoded_chunks = 0;
    const DatasetInfo& info = reader.info();
    for (Index first = 0; first < info.rows; first += at_once) {
      const Index count = std::min(at_once, info.rows - first);
      std::vector<std::uint16_t> rows(static_cast<std::size_t>(count * info.inputs));
      std::vector<std::int64_t> labels(static_cast<std::size_t>(count));
      reader.read_inputs(first, count, std::as_writable_bytes(std::span(rows)));
      reader.read_labels(first, labels);
      for (std::size_t i = 0; i < rows.size(); ++i)
        EXPECT_EQ(rows[i], value_of(static_cast<std::size_t>(first * info.inputs) + i));
      for (std::size_t i = 0; i < labels.size(); ++i)
        EXPECT_EQ(labels[i], value_of(static_cast<std::size_t>(first) + i));
    }
    return decoded_chunks;
  }

  TemporaryFolder folder_;
};

TEST_F(CountedChunks, AreDecodedOnceByReadingAnyNumberOfRowsAtATime) {
  const std::vector<std::pair<Layout, Layout>> cases{
      {{{301, 12}, {7, 12}}, {{301}, {64}}},        {{{301, 12}, {7, 5}}, {{301}, {301}}},
      {{{301, 12}, {1, 12}}, {{301}, {1}}},         {{{101, 12}, {1, 1}}, {{101}, {7}}},
      {{{21, 784}, {2, 1}}, {{21}, {7}}},           {{{11, 17, 17, 3}, {2, 1, 1, 1}}, {{11}, {7}}},
      {{{301, 4, 3}, {40, 3, 2}}, {{301}, {64}}},   {{{101, 9, 5, 3}, {10, 1, 1, 1}}, {{101}, {64}}},
      {{{301, 12}, {301, 5}}, {{301, 1}, {64, 1}}}, {{{301}, {50}}, {{301}, {64}}}};
  for (const auto& [inputs, labels] : cases) {
    DatasetRequest request;
    request.file = write(inputs, labels);
    for (const Index at_once : {1, 3, 13, 64, 300, 301}) {
      SCOPED_TRACE(std::to_string(inputs.chunk[0]) + " rows a chunk, read by " + std::to_string(at_once));
      const DatasetReader reader(request);
      EXPECT_TRUE(reader.info().whole_bands);
      EXPECT_EQ(reader.info().chunk_rows, static_cast<Index>(inputs.chunk[0]));
      EXPECT_EQ(decoded_by_reading(reader, at_once), chunks_in(inputs) + chunks_in(labels));
    }
  }
}

TEST_F(CountedChunks, AreReadRightWhereTheCacheMayNotHoldABand) {
  const Layout inputs{{301, 12}, {40, 5}};
  DatasetRequest request;
  request.file = write(inputs, {{301}, {64}});
  request.cache_limit = 1000;
  const DatasetReader reader(request);
  EXPECT_FALSE(reader.info().whole_bands);
  EXPECT_EQ(reader.info().chunk_bytes, 400u);
  EXPECT_LE(reader.info().cache_bytes, 12'000u);                     // mostly the slots of two caches
  EXPECT_EQ(decoded_by_reading(reader, 40), chunks_in(inputs) + 5);  // band after band
  EXPECT_GT(decoded_by_reading(reader, 1), 10 * chunks_in(inputs));
}

TEST_F(CountedChunks, TakeNoMoreMemoryThanTheReaderSays) {
  // A band of 16 chunks of 1 MiB.
  for (const std::uint64_t limit : {2 * mebibyte, 64 * mebibyte}) {
    DatasetRequest request;
    request.file = write({{1024, 8192}, {1024, 512}}, {{1024}, {64}});
    request.cache_limit = limit;
    const DatasetReader reader(request);
    EXPECT_EQ(reader.info().whole_bands, limit > 16 * mebibyte);
    std::vector<std::uint16_t> rows(8192);
    const std::size_t before = memory_in_use();
    std::size_t most = before;
    for (const Index row : {0, 1, 512, 1023}) {
      reader.read_inputs(row, 1, std::as_writable_bytes(std::span(rows)));
      EXPECT_EQ(rows[5], value_of(static_cast<std::size_t>(row) * 8192 + 5));
      most = std::max(most, memory_in_use());
    }
    EXPECT_LE(most - before, reader.info().cache_bytes + 2 * mebibyte);
  }
}

TEST_F(CountedChunks, OfManyVirtualSourcesAreNotAllHeld) {
  // 40 sources of 4 chunks of 256 KiB; caches may hold ten of them.
  constexpr hsize_t source_rows = 512;
  constexpr hsize_t columns = 1024;
  constexpr int sources = 40;
  constexpr std::uint64_t limit = 10 * mebibyte / 4;
  const std::string name = folder_ / "virtual.h5";
  {
    const Hdf5Section section(name);
    hdf5::File file = hdf5::File::create(name);
    const hdf5::Group root = file.root();
    const hsize_t shape[2] = {sources * source_rows, columns};
    const hsize_t part[2] = {source_rows, columns};
    const hdf5::Dataspace space(H5Screate_simple(2, shape, nullptr));
    const hdf5::Dataspace part_space(H5Screate_simple(2, part, nullptr));
    const hdf5::PropertyList creation(H5Pcreate(H5P_DATASET_CREATE));
    for (int i = 0; i < sources; ++i) {
      const std::string source = "part" + std::to_string(i);
      write(root, source.c_str(), {{source_rows, columns}, {128, columns}});
      const hsize_t start[2] = {static_cast<hsize_t>(i) * source_rows, 0};
      ASSERT_GE(H5Sselect_hyperslab(space.get(), H5S_SELECT_SET, start, nullptr, part, nullptr), 0);
      ASSERT_GE(H5Pset_virtual(creation.get(), space.get(), ".", source.c_str(), part_space.get()), 0);
    }
    ASSERT_GE(H5Sselect_all(space.get()), 0);
    const hdf5::Handle<H5Oclose> dataset(
        H5Dcreate2(root.id(), "inputs", H5T_NATIVE_UINT16, space.get(), H5P_DEFAULT, creation.get(), H5P_DEFAULT));
    ASSERT_GE(dataset.get(), 0);
    write(root, "labels", {{sources * source_rows}, {1000}});
    file.close();
  }
  DatasetRequest request;
  request.file = name;
  request.cache_limit = limit;
  const DatasetReader reader(request);
  EXPECT_TRUE(reader.info().whole_bands);
  EXPECT_LE(reader.info().cache_bytes, 2 * limit);
  decoded_chunks = 0;
  std::vector<std::uint16_t> rows(100 * columns);
  const std::size_t before = memory_in_use();
  std::size_t most = before;
  for (Index first = 0; first + 100 <= reader.info().rows; first += 100) {
    reader.read_inputs(first, 100, std::as_writable_bytes(std::span(rows)));
    for (std::size_t i = 0; i < rows.size(); ++i)
      ASSERT_EQ(rows[i], value_of((static_cast<std::size_t>(first) * columns + i) % (source_rows * columns)));
    most = std::max(most, memory_in_use());
  }
  EXPECT_LE(most - before, reader.info().cache_bytes + 2 * mebibyte);  // libhdf5 keeps up to 1 MiB of freed chunks
  // Each reopening decodes a chunk anew.
  EXPECT_GE(decoded_chunks, 4 * sources);
  EXPECT_LE(decoded_chunks, 4 * sources + 4 * sources / 8);
}

}  // namespace
}  // namespace tally::io

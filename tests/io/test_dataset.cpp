// Reading rows: every type, byte order and layout that h5py writes arrives as it was stored.
#include "io/dataset.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <time.h>

#include <bit>
#include <cmath>
#include <cstring>
#include <vector>

#include "made_datasets.hpp"
#include "temporary_folder.hpp"

namespace tally::io {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

double half_to_double(std::uint16_t bits) {
  const int exponent = (bits >> 10) & 31;
  const int mantissa = bits & 1023;
  const double size = exponent == 0 ? std::ldexp(mantissa, -24) : std::ldexp(1024 + mantissa, exponent - 25);
  return bits & 0x8000 ? -size : size;
}

template <typename T>
double as(const std::byte* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof value);
  return static_cast<double>(value);
}

double element(const std::byte* bytes, StoredType type) {
  switch (type) {
    case StoredType::uint8:
      return as<std::uint8_t>(bytes);
    case StoredType::int8:
      return as<std::int8_t>(bytes);
    case StoredType::uint16:
      return as<std::uint16_t>(bytes);
    case StoredType::int16:
      return as<std::int16_t>(bytes);
    case StoredType::uint32:
      return as<std::uint32_t>(bytes);
    case StoredType::int32:
      return as<std::int32_t>(bytes);
    case StoredType::uint64:
      return as<std::uint64_t>(bytes);
    case StoredType::int64:
      return as<std::int64_t>(bytes);
    case StoredType::float16:
      return half_to_double(std::bit_cast<std::uint16_t>(std::array{bytes[0], bytes[1]}));
    case StoredType::float32:
      return as<float>(bytes);
    case StoredType::float64:
      return as<double>(bytes);
  }
  return NAN;
}

/// What make_datasets.py stored for a dtype of that name.
double expected(const std::string& dtype, Index row, Index column) {
  const double value = made_value(row, column);
  if (dtype == "bool") return std::fmod(value, 2);
  if (dtype.starts_with("uint")) return value;
  return dtype.starts_with("int") ? value - 50 : (value - 50) / 4;
}

void check_rows(const DatasetReader& reader, Index first, Index count) {
  const DatasetInfo& info = reader.info();
  const std::size_t size = size_of(info.type);
  std::vector<std::byte> rows(static_cast<std::size_t>(count * info.inputs) * size);
  reader.read_inputs(first, count, rows);
  for (Index i = 0; i < count; ++i)
    for (Index j = 0; j < info.inputs; ++j)
      ASSERT_EQ(element(rows.data() + static_cast<std::size_t>(i * info.inputs + j) * size, info.type),
                expected(info.dtype, first + i, j))
          << "row " << first + i << " column " << j;
}

class DatasetTypes : public MadeDatasets {};

TEST_F(DatasetTypes, ArriveAsStoredFromEveryLayout) {
  int seen = 0;
  for (const DatasetEntry& entry : list_datasets(path("types.h5"))) {
    if (entry.path == "/labels" || entry.path == "/one_dimension") continue;
    SCOPED_TRACE(entry.path + " " + describe(entry));
    const DatasetReader reader = open("types.h5", entry.path, "labels");
    EXPECT_EQ(reader.info().rows, made_rows);
    EXPECT_EQ(reader.info().inputs, 12);
    EXPECT_THAT(reader.info().row_shape, ElementsAre(4, 3));
    EXPECT_EQ(reader.info().dtype, entry.dtype);
    check_rows(reader, 0, made_rows);
    check_rows(reader, 3, 9);
    check_rows(reader, 36, 1);
    EXPECT_EQ(reader.bytes_read(), 47 * 12 * size_of(reader.info().type));
    ++seen;
  }
  EXPECT_EQ(seen, 4 * (11 * 2 + 1) + 4);
}

TEST_F(DatasetTypes, KeepTheirNameAndSize) {
  const auto type_of = [](const std::string& name) { return open("types.h5", name, "labels").info().type; };
  EXPECT_EQ(type_of("u1_le_gzip"), StoredType::uint8);
  EXPECT_EQ(type_of("i2_be_chunked"), StoredType::int16);
  EXPECT_EQ(type_of("f2_be_contiguous"), StoredType::float16);
  EXPECT_EQ(type_of("bool_gzip"), StoredType::uint8);
  EXPECT_EQ(type_of("int24_le"), StoredType::int32);
  EXPECT_EQ(type_of("uint24_be"), StoredType::uint32);
  EXPECT_EQ(type_of("uint40_le"), StoredType::uint64);
  EXPECT_EQ(type_of("bfloat16"), StoredType::float32);
}

TEST_F(DatasetTypes, DescribesItsLayout) {
  const auto layout_of = [](const std::string& name) { return open("types.h5", name, "labels").info().layout; };
  EXPECT_EQ(layout_of("u1_le_contiguous"), "contiguous");
  EXPECT_EQ(layout_of("u1_le_compact"), "compact");
  EXPECT_EQ(layout_of("u1_le_chunked"), "chunked 5x3x2");
  EXPECT_EQ(layout_of("u1_le_gzip"), "chunked 5x3x2 shuffle deflate fletcher32");
}

TEST_F(DatasetTypes, ReadsOneInputARow) {
  const DatasetReader reader = open("types.h5", "one_dimension");  // the partner: labels in the same group
  EXPECT_EQ(reader.info().inputs, 1);
  EXPECT_TRUE(reader.info().row_shape.empty());
  check_rows(reader, 0, made_rows);
}

TEST_F(DatasetTypes, RefusesRowsThatAreNotThere) {
  const DatasetReader reader = open("types.h5", "u1_le_gzip", "labels");
  std::vector<std::byte> rows(24);
  EXPECT_THAT(error_of([&] { reader.read_inputs(36, 2, rows); }),
              AllOf(StartsWith(path("types.h5") + ": /u1_le_gzip: "), HasSubstr("there are 37")));
  EXPECT_THAT(error_of([&] { reader.read_inputs(-1, 2, rows); }), HasSubstr("there are 37"));
  EXPECT_THAT(error_of([&] { reader.read_inputs(0, 1, rows); }), HasSubstr("room for 24"));
  EXPECT_NO_THROW(reader.read_inputs(37, 0, {}));
  EXPECT_EQ(reader.bytes_read(), 0u);
}

// libhdf5 itself would go on, with zeros.
TEST_F(DatasetTypes, AFileTruncatedAfterItWasOpenedIsNotReadAsZeros) {
  const TemporaryFolder folder;
  const std::string copy = folder / "copy.h5";
  std::filesystem::copy_file(path("types.h5"), copy);
  DatasetRequest request;
  request.file = copy;
  request.inputs = "u1_le_contiguous";
  request.labels = "labels";
  const DatasetReader reader(request);
  std::filesystem::resize_file(copy, 100);
  std::vector<std::byte> row(static_cast<std::size_t>(reader.info().inputs) * size_of(reader.info().type));
  EXPECT_THAT(error_of([&] { reader.read_inputs(0, 1, row); }), HasSubstr("truncated while it was read: 100 bytes"));
}

TEST_F(DatasetTypes, AMovedReaderReadsOn) {
  DatasetReader first = open("types.h5", "u1_le_gzip", "labels");
  DatasetReader second = std::move(first);
  check_rows(second, 0, 5);
  second = open("types.h5", "f2_le_gzip", "labels");
  check_rows(second, 0, 5);
}

class DatasetAttributes : public MadeDatasets {};

TEST_F(DatasetAttributes, ScaleIsOneNumberOfAnyType) {
  const auto scale_of = [](const std::string& name) { return open("attributes.h5", name, "labels").info().scale; };
  EXPECT_EQ(scale_of("scalar_f8"), 1.0 / 255);
  EXPECT_EQ(scale_of("scalar_f4"), static_cast<double>(0.1f));
  EXPECT_EQ(scale_of("scalar_i4"), 3);
  EXPECT_EQ(scale_of("list_f8"), 0.25);
  EXPECT_EQ(scale_of("list_u1_be"), 2);
  EXPECT_EQ(scale_of("both"), 0.5);
  EXPECT_EQ(open("attributes.h5", "both", "labels").info().offset, -1);
}

TEST_F(DatasetAttributes, AnythingElseIsNamed) {
  for (const std::string name : {"bad_text", "bad_two", "bad_nan", "bad_bool"})
    EXPECT_THAT(error_of([&] { open("attributes.h5", name, "labels"); }),
                StartsWith(path("attributes.h5") + ": /" + name + ": attribute scale: "));
}

TEST_F(DatasetAttributes, TheRequestWins) {
  const DatasetReader reader({path("attributes.h5"), "bad_text", "labels", 2.0, 3.0});
  EXPECT_EQ(reader.info().scale, 2.0);
  EXPECT_EQ(reader.info().offset, 3.0);
}

double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

class DatasetChunks : public MadeDatasets {};

TEST_F(DatasetChunks, AreDecodedOnceInSequentialReading) {
  // Four chunks of 2 MB. Decoding all of them at each of 1024 reads would take at least ten times as long as reading
  // everything at once; decoding each once costs about the same.
  const auto seconds = [](Index rows_at_once) {
    const DatasetReader reader = open("large_chunks.h5");
    std::vector<std::byte> rows(static_cast<std::size_t>(rows_at_once) * 2000);
    const double start = cpu_seconds();
    for (Index first = 0; first < 4096; first += rows_at_once) {
      reader.read_inputs(first, rows_at_once, rows);
      EXPECT_EQ(as<std::uint32_t>(rows.data()), static_cast<double>(first * 500));
    }
    return cpu_seconds() - start;
  };
  seconds(4096);
  EXPECT_LT(seconds(4), 10 * seconds(4096) + 0.05);
}

}  // namespace
}  // namespace tally::io

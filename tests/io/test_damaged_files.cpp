// Damaged HDF5 files: read to the end, or one error line, or the guard; never a signal, a hang or libhdf5's own output.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "child_process.hpp"
#include "io/hdf5.hpp"
#include "io/hdf5_section.hpp"
#include "sanitizer.hpp"

namespace tally::io {
namespace {

constexpr std::size_t damaged_bytes = 4096;  // the metadata of a small file lie in them
constexpr int flipped_bits = 8;

std::string contents(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

hdf5::Dataset create_chunked(const hdf5::Group& group, const char* name, const std::vector<hsize_t>& shape,
                             const std::vector<hsize_t>& chunk) {
  const int rank = static_cast<int>(shape.size());
  const hdf5::Dataspace space(H5Screate_simple(rank, shape.data(), nullptr));
  const hdf5::PropertyList creation(H5Pcreate(H5P_DATASET_CREATE));
  H5Pset_chunk(creation.get(), rank, chunk.data());
  H5Pset_shuffle(creation.get());
  H5Pset_deflate(creation.get(), 4);
  return hdf5::Dataset(hdf5::Handle<H5Oclose>(H5Dcreate2(group.id(), name, H5T_STD_I32LE, space.get(), H5P_DEFAULT,
                                                         creation.get(), H5P_DEFAULT)),
                       {group.place().file, name});
}

/// Chunks, attributes and groups, with most metadata in the first 4 KiB.
void write_dataset(const std::string& name) {
  const Hdf5Section section(name);
  hdf5::File file = hdf5::File::create(name);
  const hdf5::Group root = file.root();
  std::vector<std::int32_t> values(64 * 20);
  for (std::size_t i = 0; i < values.size(); ++i) values[i] = static_cast<std::int32_t>(i * i % 251);
  const hdf5::Dataset inputs = create_chunked(root, "inputs", {64, 20}, {16, 10});
  inputs.write(H5T_NATIVE_INT32, values.data());
  inputs.write_number("scale", 1.0 / 255);
  inputs.write_string("description", "a string on the global heap");
  std::vector<std::int32_t> labels(64, 1);
  create_chunked(root, "labels", {64}, {32}).write(H5T_NATIVE_INT32, labels.data());
  const hdf5::Group group = root.create_group("more");
  group.write_strings("names", {"one", "two", "three"});
  const std::vector<Index> shape{3};
  group.write_floats("weights", shape, std::vector<float>{1, 2, 3});
  file.close();
}

/// glibc reports a corrupted heap on stderr before it raises SIGABRT, and cannot be told not to.
bool from_glibc(const std::string& line) {
  for (const char* start : {"free(): ", "malloc(): ", "realloc(): ", "munmap_chunk(): ", "double free", "corrupted ",
                            "malloc_consolidate(): ", "*** "})
    if (line.starts_with(start)) return true;
  return false;
}

void expect_decent_end(const ChildResult& result, const std::string& file) {
  EXPECT_EQ(result.signal, 0);
  EXPECT_TRUE(result.exit_code == 0 || result.exit_code == 1) << result.exit_code;
  EXPECT_LT(result.cpu_seconds, 8);
  std::vector<std::string> lines;
  std::istringstream stream(result.errors);
  for (std::string line; std::getline(stream, line);)
    if (!from_glibc(line)) lines.push_back(line);
  ASSERT_EQ(lines.size(), static_cast<std::size_t>(result.exit_code)) << result.errors;
  if (result.exit_code == 1) {
    EXPECT_THAT(lines[0], ::testing::StartsWith("tally: " + file + ": "));
  }
}

/// Reads copies of `original` that are damaged by seeds [first, end); returns how many of them failed.
int read_damaged(const std::string& original, unsigned first, unsigned end) {
  const std::string bytes = contents(original);
  const std::string name = original + ".damaged";
  int failures = 0;
  for (unsigned seed = first; seed < end; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    std::string damaged = bytes;
    std::mt19937 random(seed);
    for (int i = 0; i < flipped_bits; ++i) {
      const std::size_t offset = random() % std::min(damaged_bytes, damaged.size());
      damaged[offset] = static_cast<char>(damaged[offset] ^ (1 << (random() % 8)));
    }
    std::ofstream(name, std::ios::binary) << damaged;
    const ChildResult result = run_child({TALLY_READ_FILE, name}, 60);
    expect_decent_end(result, name);
    failures += result.exit_code != 0;
  }
  std::filesystem::remove(name);
  return failures;
}

TEST(DamagedFiles, EndDecently) {
  if (address_sanitizer) GTEST_SKIP() << "AddressSanitizer reports damage inside libhdf5 in its own way";
  const std::string name = ::testing::TempDir() + "tally_damaged_" + std::to_string(getpid()) + ".h5";
  write_dataset(name);
  const ChildResult intact = run_child({TALLY_READ_FILE, name}, 60);
  EXPECT_EQ(intact.exit_code, 0);
  EXPECT_EQ(intact.errors, "");
  const int failures = read_damaged(name, 0, 150);
  EXPECT_GT(failures, 75);  // otherwise the damage misses what it is to hit
  std::filesystem::remove(name);
}

TEST(DamagedFiles, TruncatedAnywhereEndDecently) {
  const std::string name = ::testing::TempDir() + "tally_truncated_" + std::to_string(getpid()) + ".h5";
  write_dataset(name);
  const std::string bytes = contents(name);
  for (std::size_t length = 0; length < bytes.size(); length += 1 + bytes.size() / 20) {
    SCOPED_TRACE(length);
    std::ofstream(name, std::ios::binary) << bytes.substr(0, length);
    const ChildResult result = run_child({TALLY_READ_FILE, name}, 60);
    EXPECT_EQ(result.exit_code, 1);
    expect_decent_end(result, name);
  }
  std::filesystem::remove(name);
}

#ifdef TALLY_REFERENCE_MODEL
TEST(DamagedFiles, RealModelsEndDecently) {
  if (address_sanitizer) GTEST_SKIP() << "AddressSanitizer reports damage inside libhdf5 in its own way";
  const std::string name = ::testing::TempDir() + "tally_damaged_model_" + std::to_string(getpid()) + ".h5";
  std::ofstream(name, std::ios::binary) << contents(TALLY_REFERENCE_MODEL);
  EXPECT_EQ(read_damaged(name, 0, 150), 150);  // a model holds no pair of datasets: all fail, one way or the other
  std::filesystem::remove(name);
}
#endif

}  // namespace
}  // namespace tally::io

// One row of more than 2 GiB.
#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

#include "io/dataset.hpp"
#include "made_files.hpp"

namespace tally::io {
namespace {

/// What Linux believes can be used without swapping.
std::uint64_t available_memory() {
  std::ifstream stream("/proc/meminfo");
  for (std::string word; stream >> word;)
    if (word == "MemAvailable:") {
      std::uint64_t kibibytes = 0;
      stream >> kibibytes;
      return kibibytes * 1024;
    }
  return 0;
}

TEST(LongRow, IsReadBeyondThe31stBit) {
  require_made_files(TALLY_TEST_LARGE, "make_large.py");
  if (IsSkipped() || HasFatalFailure()) return;
  constexpr std::uint64_t needed = std::uint64_t{6} << 30;
  if (available_memory() < needed)
    GTEST_SKIP() << "a row of 2 GiB needs 6 GiB of memory, but " << (available_memory() >> 20) << " MiB are free";
  constexpr Index columns = (Index{1} << 31) + 8;
  DatasetRequest request;
  request.file = TALLY_TEST_LARGE "/long_row.h5";
  const DatasetReader reader(request);
  ASSERT_EQ(reader.info().inputs, columns);
  std::vector<std::byte> row(static_cast<std::size_t>(columns));
  reader.read_inputs(0, 1, row);
  for (Index e = 0; e < 64; ++e) ASSERT_EQ(std::to_integer<Index>(row[static_cast<std::size_t>(e)]), 1 + e % 251);
  for (Index e = columns - 64; e < columns; ++e)
    ASSERT_EQ(std::to_integer<Index>(row[static_cast<std::size_t>(e)]), 1 + e % 251);
  EXPECT_EQ(row[1000], std::byte{0});
  EXPECT_EQ(reader.bytes_read(), static_cast<std::uint64_t>(columns));
}

}  // namespace
}  // namespace tally::io

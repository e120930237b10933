// A file that loses bytes while it is read.
#include "io/file_length.hpp"

#include <gmock/gmock.h>

#include <filesystem>

#include "kernels/types.hpp"
#include "temporary_folder.hpp"

namespace tally::io {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string error_of_check(const FileLength& length) {
  try {
    length.check();
  } catch (const Error& error) {
    return error.what();
  }
  return {};
}

TEST(FileLength, OnlyLossIsAnError) {
  const TemporaryFolder folder;
  const std::string file = folder / "data";
  folder.write("data", "0123456789");
  const FileLength length(file);
  EXPECT_EQ(error_of_check(length), "");
  std::filesystem::resize_file(file, 11);
  EXPECT_EQ(error_of_check(length), "");
  std::filesystem::resize_file(file, 9);
  EXPECT_THAT(error_of_check(length), AllOf(HasSubstr(file), HasSubstr("9 bytes of 10")));
  std::filesystem::remove(file);
  EXPECT_THAT(error_of_check(length), HasSubstr(file));
}

}  // namespace
}  // namespace tally::io

// No output may destroy an input or another output.
#include "io/output_paths.hpp"

#include <gmock/gmock.h>

#include <filesystem>

#include "kernels/types.hpp"
#include "temporary_folder.hpp"

namespace tally::io {
namespace {

TEST(OutputPaths, DifferentFilesAreFine) {
  const TemporaryFolder folder;
  folder.write("in", "data");
  folder.write("old", "report");
  EXPECT_NO_THROW(check_output_paths({folder / "in", ""}, {folder / "old", folder / "new", "", ""}));
  EXPECT_NO_THROW(check_output_paths({folder / "in"}, {"/dev/null", "/dev/null"}));
}

TEST(OutputPaths, AnInputIsNotWrittenUnderAnyName) {
  const TemporaryFolder folder;
  folder.write("in", "data");
  std::filesystem::create_symlink(folder / "in", folder / "soft");
  std::filesystem::create_hard_link(folder / "in", folder / "hard");
  for (const char* name : {"in", "soft", "hard", "./in"}) {
    EXPECT_THROW(check_output_paths({folder / "in"}, {folder / name}), UsageError) << name;
  }
}

TEST(OutputPaths, NothingIsWrittenTwiceEvenWhereItIsNotThereYet) {
  const TemporaryFolder folder;
  EXPECT_THROW(check_output_paths({}, {folder / "new", folder / "./new"}), UsageError);
}

}  // namespace
}  // namespace tally::io

// Output files are whole or not there.
#include "io/atomic_file.hpp"

#include <gmock/gmock.h>
#include <sys/stat.h>

#include <optional>
#include <utility>

#include "oracle_files.hpp"
#include "temporary_folder.hpp"

namespace tally::io {
namespace {

using ::testing::HasSubstr;

mode_t mode_of(const std::string& file) {
  struct stat status {};
  EXPECT_EQ(::stat(file.c_str(), &status), 0);
  return status.st_mode & 07777;
}

TEST(AtomicFile, AppearsOnlyAtCommit) {
  const TemporaryFolder folder;
  AtomicFile file(folder / "out");
  file.write("first");
  file.write("second");
  EXPECT_FALSE(std::filesystem::exists(folder / "out"));
  EXPECT_EQ(folder.entries(), 1);
  file.commit();
  EXPECT_EQ(file_content(folder / "out"), "second");
  EXPECT_EQ(folder.entries(), 1);
}

TEST(AtomicFile, AProcessThatUnwindsNoStackRemovesWhatIsPending) {
  const TemporaryFolder folder;
  AtomicFile done(folder / "done");
  done.write("whole");
  done.commit();
  AtomicFile pending(folder / "pending");
  AtomicFile moved(std::move(pending));
  EXPECT_EQ(folder.entries(), 2);
  remove_pending_files();
  EXPECT_EQ(folder.entries(), 1);
  EXPECT_EQ(file_content(folder / "done"), "whole");
}

TEST(AtomicFile, LeavesTheOldFileWithoutCommit) {
  const TemporaryFolder folder;
  folder.write("out", "old");
  {
    AtomicFile file(folder / "out");
    file.write("new");
  }
  EXPECT_EQ(file_content(folder / "out"), "old");
  EXPECT_EQ(folder.entries(), 1);
}

TEST(AtomicFile, MovesItsDutyAlong) {
  const TemporaryFolder folder;
  std::optional<AtomicFile> outer;
  {
    AtomicFile inner(folder / "out");
    outer.emplace(std::move(inner));
  }
  outer->write("kept");
  outer->commit();
  EXPECT_EQ(file_content(folder / "out"), "kept");
}

TEST(AtomicFile, KeepsModesAndObeysTheUmask) {
  const TemporaryFolder folder;
  const mode_t before = ::umask(027);
  AtomicFile fresh(folder / "fresh");
  fresh.commit();
  EXPECT_EQ(mode_of(folder / "fresh"), 0640U);
  ::umask(before);

  folder.write("old", "x");
  ::chmod((folder / "old").c_str(), 0604);
  AtomicFile replaced(folder / "old");
  replaced.commit();
  EXPECT_EQ(mode_of(folder / "old"), 0604U);
}

TEST(AtomicFile, ReplacesWhatASymbolicLinkNames) {
  const TemporaryFolder folder;
  folder.write("real", "old");
  std::filesystem::create_symlink("real", folder / "link");
  AtomicFile file(folder / "link");
  file.write("new");
  file.commit();
  EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
  EXPECT_EQ(file_content(folder / "real"), "new");
}

TEST(AtomicFile, WritesDevicesDirectly) {
  AtomicFile file("/dev/null");
  EXPECT_EQ(file.path(), "/dev/null");
  file.write("gone");
  file.commit();
  EXPECT_TRUE(std::filesystem::is_character_file("/dev/null"));
}

TEST(AtomicFile, NamesPathAndReasonAtOnce) {
  const TemporaryFolder folder;
  EXPECT_THAT(message_of<Error>([&] { AtomicFile file(folder / "no/such/out"); }),
              AllOf(HasSubstr("no/such/out"), HasSubstr("No such file")));
  EXPECT_THAT(message_of<Error>([&] { AtomicFile file(folder / "."); }), HasSubstr("is a folder"));
  EXPECT_THAT(message_of<Error>([&] { AtomicFile file(""); }), HasSubstr("empty"));
}

TEST(AtomicFile, ErrorsOfAWriterNameTheTarget) {
  const TemporaryFolder folder;
  const AtomicFile file(folder / "out");
  const std::string text =
      message_of<Error>([&] { file.as_target([&] { throw Error(file.path() + ": full (" + file.path() + ")"); }); });
  EXPECT_EQ(text, (folder / "out") + ": full (" + (folder / "out") + ")");
}

TEST(AtomicFile, SaysThatADiskIsFull) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "no /dev/full";
  AtomicFile file("/dev/full");
  EXPECT_THAT(message_of<Error>([&] { file.write("x"); }), HasSubstr("No space left"));
}

}  // namespace
}  // namespace tally::io

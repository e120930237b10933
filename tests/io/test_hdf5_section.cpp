// The guard of libhdf5: whatever happens inside a section ends in one line that names the file, and exit code 1.
#include "io/hdf5_section.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <atomic>
#include <chrono>
#include <fstream>
#include <string>
#include <thread>

#include "child_process.hpp"
#include "sanitizer.hpp"

namespace tally::io {
namespace {

constexpr int limit_seconds = 60;

ChildResult fail_on_purpose(const std::string& how) {
  return run_child({TALLY_READ_FILE, "some file.h5", how}, limit_seconds);
}

void expect_line(const ChildResult& result, const std::string& line) {
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_EQ(result.errors, "tally: some file.h5: " + line + "\n");
}

TEST(Hdf5Section, ACrashInsideNamesTheFile) {
  expect_line(fail_on_purpose("crash"), "damaged: libhdf5 crashed (SIGSEGV) while reading it");
  expect_line(fail_on_purpose("abort"), "damaged: libhdf5 crashed (SIGABRT) while reading it");
}

TEST(Hdf5Section, AStackOverflowInsideNamesTheFile) {
  expect_line(fail_on_purpose("overflow"), "damaged: libhdf5 crashed (SIGSEGV) while reading it");
}

TEST(Hdf5Section, ALoopInsideNamesTheFile) {
  const ChildResult result = fail_on_purpose("loop");
  expect_line(result, "damaged: libhdf5 does not come back from reading it");
  EXPECT_LT(result.cpu_seconds, 8);
}

TEST(Hdf5Section, AnActionThatDoesNotEndTheProcessIsNotWaitedFor) {
  expect_line(fail_on_purpose("stuck"), "damaged: libhdf5 crashed (SIGSEGV) while reading it");
}

TEST(Hdf5Section, ACrashAfterwardsNamesTheLastFile) {
  if (address_sanitizer) GTEST_SKIP() << "AddressSanitizer reports it";
  const ChildResult result = fail_on_purpose("later");
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_THAT(result.errors,
              ::testing::StartsWith("tally: some file.h5: perhaps damaged: the program crashed (SIGABRT)"));
}

TEST(Hdf5Section, ACrashBeforeAnyFileIsLeftToTheSystem) {
  if (address_sanitizer) GTEST_SKIP() << "AddressSanitizer reports it";
  EXPECT_EQ(fail_on_purpose("early").signal, SIGABRT);
}

TEST(Hdf5Section, NestsAndExcludesOtherThreads) {
  std::atomic<bool> inside{false};
  std::thread other;
  {
    const Hdf5Section outer("a.h5");
    const Hdf5Section inner("b.h5", 1000);
    other = std::thread([&] {
      const Hdf5Section section("c.h5");
      inside = true;
    });
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    EXPECT_FALSE(inside);
  }
  other.join();
  EXPECT_TRUE(inside);
}

}  // namespace
}  // namespace tally::io

// Memory that another process reads where it lies.
#include "pipeline/shared_memory.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <memory>

namespace tally::pipeline {
namespace {

/// Exit code of a child that does this.
template <class Work>
int in_child(Work work) {
  const pid_t child = fork();
  if (child == 0) _exit(work());
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

TEST(SharedMemory, AnotherProcessSeesWhatIsWrittenLater) {
  const SharedMemory memory(10'000);
  ASSERT_GE(memory.bytes().size(), 10'000U);
  int go[2];
  ASSERT_EQ(pipe(go), 0);
  const pid_t child = fork();
  if (child == 0) {
    const SharedView view(memory.name());
    char one = 0;
    const bool told = read(go[0], &one, 1) == 1;
    const auto bytes = view.bytes();
    const bool right = std::all_of(bytes.begin(), bytes.end(), [](std::byte b) { return b == std::byte{42}; });
    _exit(told && bytes.size() == memory.bytes().size() && right ? 0 : 1);
  }
  std::ranges::fill(memory.bytes(), std::byte{42});
  ASSERT_EQ(write(go[1], "x", 1), 1);
  int status = -1;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  close(go[0]);
  close(go[1]);
}

TEST(SharedMemory, SomethingElseOfThatNameIsNotTaken) {
  const SharedMemory memory(10'000);
  const SharedMemoryName right = memory.name();
  EXPECT_FALSE(SharedView(right).bytes().empty());
  SharedMemoryName wrong = right;
  wrong.token[1] ^= 1;
  EXPECT_TRUE(SharedView(wrong).bytes().empty());
  wrong = right;
  wrong.bytes += 4096;
  EXPECT_TRUE(SharedView(wrong).bytes().empty());
  wrong = right;
  wrong.descriptor = 100'000;
  EXPECT_TRUE(SharedView(wrong).bytes().empty());
  wrong.descriptor = 0;  // standard input
  EXPECT_TRUE(SharedView(wrong).bytes().empty());
  EXPECT_TRUE(SharedView({}).bytes().empty());
}

TEST(SharedMemory, NoneIsNone) {
  const SharedMemory none(0);
  EXPECT_TRUE(none.bytes().empty());
  EXPECT_TRUE(SharedView(none.name()).bytes().empty());
  EXPECT_TRUE(SharedMemory(std::size_t{1} << 60).bytes().empty()) << "more than there is";
}

TEST(SharedMemory, IsGoneWithItsOwnerButNotForThoseWhoSeeIt) {
  SharedMemoryName name;
  const auto view = [&name] {
    SharedMemory memory(100);
    memory.bytes()[7] = std::byte{3};
    name = memory.name();
    return std::make_unique<SharedView>(name);
  }();
  EXPECT_EQ(view->bytes()[7], std::byte{3});
  EXPECT_EQ(in_child([&] { return SharedView(name).bytes().empty() ? 0 : 1; }), 0);
}

}  // namespace
}  // namespace tally::pipeline

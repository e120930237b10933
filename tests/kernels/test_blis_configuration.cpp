// Which BLIS kernels a process and its peers run, and which wishes are refused.
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <iterator>
#include <string>
#include <vector>

#include "kernels/blis.hpp"

namespace tally {
namespace {

BlisConfiguration named(int id, const std::string& name) { return {id, name}; }

TEST(CommonBlisConfiguration, IsTheLowestRungOfTheLadder) {
  const BlisConfiguration skx = named(0, "skx");
  const BlisConfiguration haswell = named(3, "haswell");
  const BlisConfiguration sandybridge = named(4, "sandybridge");
  const BlisConfiguration penryn = named(5, "penryn");
  const BlisConfiguration zen3 = named(6, "zen3");
  const BlisConfiguration zen2 = named(7, "zen2");
  const BlisConfiguration generic = common_blis_configuration({named(1, "knl"), skx});
  struct Case {
    std::vector<BlisConfiguration> chosen;
    BlisConfiguration common;
  };
  const Case cases[] = {
      {{skx}, skx},
      {{zen3, zen3, zen3}, zen3},
      {{skx, haswell}, haswell},
      {{skx, zen3}, zen3},
      {{zen3, haswell}, haswell},
      {{zen2, zen3}, zen3},
      {{skx, zen2, sandybridge, skx}, sandybridge},
      {{penryn, sandybridge, skx}, penryn},
      {{generic, skx}, generic},
      // Off the ladder: alike they stay as they are, else only the portable kernels are common.
      {{named(1, "knl"), named(1, "knl")}, named(1, "knl")},
      {{named(13, "bulldozer"), haswell}, generic},
      {{named(17, "cortexa57"), named(16, "thunderx2")}, generic},
  };
  EXPECT_EQ(generic.name, "generic");
  for (const Case& one : cases) {
    EXPECT_EQ(common_blis_configuration(one.chosen), one.common) << one.chosen.front().name;
    std::vector<BlisConfiguration> reversed(one.chosen.rbegin(), one.chosen.rend());
    EXPECT_EQ(common_blis_configuration(reversed), one.common) << one.chosen.front().name;
  }
}

/// Ends a child process of a test with a text on its standard error.
[[noreturn]] void end_with(const std::string& text) {
  _exit(write(STDERR_FILENO, text.data(), text.size()) < 0 ? 1 : 0);
}

/// In a fresh process with that BLIS_ARCH_TYPE: prints what was chosen, or the error, and ends with 0.
[[noreturn]] void choose_with(const char* value, bool use) {
  if (value != nullptr) {
    setenv("BLIS_ARCH_TYPE", value, 1);
  } else {
    unsetenv("BLIS_ARCH_TYPE");
  }
  std::string text;
  try {
    const BlisConfiguration chosen = choose_blis_configuration();
    if (use) use_blis_configuration(chosen);
    text = "chose " + std::to_string(chosen.id) + " " + chosen.name;
    if (use) text += blis_configuration() == chosen ? ", runs it" : ", runs " + blis_configuration().name;
  } catch (const Error& error) {
    text = error.what();
  }
  end_with(text + "\n");
}

/// What `action` throws, or "no error".
template <class Action>
std::string error_of(const Action& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

/// Death tests start this binary anew, so that BLIS, which decides once per process, has not settled on anything yet.
class ChooseBlisConfigurationDeathTest : public testing::Test {
 protected:
  void SetUp() override { testing::FLAGS_gtest_death_test_style = "threadsafe"; }
};

TEST_F(ChooseBlisConfigurationDeathTest, ANameIsRefused) {
  for (const char* value : {"haswell", "3x", "3.0", " 3"}) {
    EXPECT_EXIT(choose_with(value, false), testing::ExitedWithCode(0), "BLIS takes a number") << value;
  }
}

TEST_F(ChooseBlisConfigurationDeathTest, AnUnknownNumberIsRefused) {
  for (const char* value : {"-1", "99", "1000000"}) {
    EXPECT_EXIT(choose_with(value, false), testing::ExitedWithCode(0), "no configuration of that number") << value;
  }
  EXPECT_EXIT(choose_with("99999999999999", false), testing::ExitedWithCode(0), "BLIS takes a number");
}

TEST_F(ChooseBlisConfigurationDeathTest, KernelsThatTheCpuLacksAreRefused) {
  // knl's instructions came to no other CPU.
  EXPECT_EXIT(choose_with("1", false), testing::ExitedWithCode(0), "lacks the instructions|no configuration");
}

TEST_F(ChooseBlisConfigurationDeathTest, ANumberThatRunsHereIsTaken) {
  const BlisConfiguration own = choose_blis_configuration();
  const std::string expected = "chose " + std::to_string(own.id) + " " + own.name + ", runs it";
  EXPECT_EXIT(choose_with(std::to_string(own.id).c_str(), true), testing::ExitedWithCode(0), expected);
}

TEST_F(ChooseBlisConfigurationDeathTest, UnsetOrEmptyBlisDecides) {
  EXPECT_EXIT(choose_with(nullptr, true), testing::ExitedWithCode(0), "chose [0-9]+ [a-z0-9]+, runs it");
  EXPECT_EXIT(choose_with("", true), testing::ExitedWithCode(0), "chose [0-9]+ [a-z0-9]+, runs it");
}

TEST_F(ChooseBlisConfigurationDeathTest, AChoiceThatComesTooLateIsAnError) {
  const auto choose_late = [] {
    const BlisConfiguration generic = common_blis_configuration({named(1, "knl"), named(0, "skx")});
    const BlisConfiguration running = blis_configuration();
    const BlisConfiguration other = running == generic ? named(3, "haswell") : generic;
    const std::string expected =
        "BLIS runs " + running.name + ", not " + other.name + ": it was initialised before the choice";
    const std::string error = error_of([&] { use_blis_configuration(other); });
    // What runs may be chosen again.
    end_with((error == expected ? "as expected; " : error + "; ") + error_of([&] { use_blis_configuration(running); }) +
             "\n");
  };
  EXPECT_EXIT(choose_late(), testing::ExitedWithCode(0), "^as expected; no error\n$");
}

/// Numbers are a library's own; the name is what was agreed on.
TEST_F(ChooseBlisConfigurationDeathTest, AnotherLibrarysNumberIsRefused) {
  for (const BlisConfiguration& foreign : {named(3, "zen9"), named(-1, "haswell"), named(1000000, "haswell")}) {
    EXPECT_EXIT(end_with(error_of([&] { use_blis_configuration(foreign); })), testing::ExitedWithCode(0),
                "has no configuration " + foreign.name + " of number " + std::to_string(foreign.id));
  }
}

/// A number that this BLIS does not have makes the child abort, which is how one learns of it. No library has all.
TEST_F(ChooseBlisConfigurationDeathTest, AChildThatAbortsLeavesNoCoreFile) {
  const auto ask_for_missing = [] {
    const std::filesystem::path folder = testing::TempDir() + "tally_blis_core." + std::to_string(getpid());
    std::filesystem::create_directory(folder);
    std::filesystem::current_path(folder);
    rlimit cores{};
    getrlimit(RLIMIT_CORE, &cores);
    cores.rlim_cur = cores.rlim_max;
    setrlimit(RLIMIT_CORE, &cores);
    std::string errors;
    for (int id = 0; id < 26; ++id) {
      setenv("BLIS_ARCH_TYPE", std::to_string(id).c_str(), 1);
      errors += error_of([] { choose_blis_configuration(); });
    }
    errors += std::filesystem::is_empty(folder) ? "; no core file" : "; a core file";
    std::filesystem::remove_all(folder);
    end_with(errors);
  };
  EXPECT_EXIT(ask_for_missing(), testing::ExitedWithCode(0), "no configuration of that number.*; no core file");
}

std::ptrdiff_t open_descriptors() {
  const std::filesystem::directory_iterator descriptors("/proc/self/fd");
  return std::distance(begin(descriptors), end(descriptors));
}

TEST_F(ChooseBlisConfigurationDeathTest, WithoutAChildItIsAnErrorThatLeavesNothingOpen) {
  const auto choose_alone = [] {
    unsetenv("BLIS_ARCH_TYPE");
    const rlimit none{};
    // Limits on processes are not root's.
    if (setrlimit(RLIMIT_NPROC, &none) != 0 || (getuid() == 0 && setuid(65534) != 0)) end_with("skipped");
    const std::ptrdiff_t before = open_descriptors();
    const std::string error = error_of([] { choose_blis_configuration(); });
    end_with(error + "; left open: " + std::to_string(open_descriptors() - before));
  };
  EXPECT_EXIT(choose_alone(), testing::ExitedWithCode(0), "no child process: .*; left open: 0|skipped");
}

#if defined(__x86_64__)
TEST_F(ChooseBlisConfigurationDeathTest, ACpuWithVectorUnitsNeverGetsThePortableKernels) {
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma")) GTEST_SKIP() << "this CPU has no AVX2";
  unsetenv("BLIS_ARCH_TYPE");
  EXPECT_NE(choose_blis_configuration().name, "generic");
}
#endif

}  // namespace
}  // namespace tally

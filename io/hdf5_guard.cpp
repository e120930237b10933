// The crash handler and the watchdog.
//
// A thread whose section crashes does three things that are safe in a signal handler: it writes the line into a static
// buffer, wakes the speaker (a thread that waits from the beginning, since after heap corruption none may be
// startable), and waits. The speaker calls the FatalAction. Whoever found the failure ends the process if the action
// did not.
#include "io/hdf5_guard.hpp"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <system_error>
#include <thread>

#include "kernels/types.hpp"

#if defined(__SANITIZE_ADDRESS__)
#define TALLY_ADDRESS_SANITIZER 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define TALLY_ADDRESS_SANITIZER 1
#endif
#endif

namespace tally::io::guard {
namespace {

/// AddressSanitizer reports crashes better than we do; it keeps all but those inside a section.
#ifdef TALLY_ADDRESS_SANITIZER
constexpr bool claim_later_crashes = false;
#else
constexpr bool claim_later_crashes = true;
#endif

struct GuardedSignal {
  int number;
  const char* name;
};
constexpr std::array<GuardedSignal, 5> guarded{
    {{SIGSEGV, "SIGSEGV"}, {SIGBUS, "SIGBUS"}, {SIGFPE, "SIGFPE"}, {SIGILL, "SIGILL"}, {SIGABRT, "SIGABRT"}}};
constexpr int action_milliseconds = 2000;
constexpr int watch_milliseconds = 250;

// Everything below is trivially destructible: handler and threads may run until the very end of the process.
std::atomic<bool> installed{false};
std::atomic<FatalAction> fatal_action{nullptr};
struct sigaction previous[guarded.size()];
int wake_watchdog = -1;  // eventfds
int wake_speaker = -1;

// The live section. `live` is its number, 0 for none; the rest is stored before it and valid while it stays the same.
std::atomic<std::uint64_t> live{0};
std::atomic<std::uint64_t> entered{0};
std::atomic<clockid_t> section_clock{0};
std::atomic<std::int64_t> section_start{0};
std::atomic<std::int64_t> section_limit{0};
std::atomic<bool> watchdog_sleeps{false};
thread_local bool in_section = false;

/// The file of the live section, or of the last one. Its last byte is always 0, so a reader that comes at a bad moment
/// sees a mixed name at worst.
char file_name[4096];

std::atomic<bool> failed{false};
char line[sizeof file_name + 256];

void append(std::size_t& length, const char* text) {
  while (*text != '\0' && length + 2 < sizeof line) line[length++] = *text++;
  line[length] = '\0';
}

void wake(int event) noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(event, &one, sizeof one);
}

std::int64_t nanoseconds(clockid_t clock) noexcept {
  timespec now{};
  if (clock_gettime(clock, &now) != 0) return -1;
  return std::int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec;
}

void sleep_for(int milliseconds) noexcept {
  const std::int64_t end = nanoseconds(CLOCK_MONOTONIC) + std::int64_t{milliseconds} * 1'000'000;
  for (std::int64_t left = milliseconds; left > 0; left = (end - nanoseconds(CLOCK_MONOTONIC)) / 1'000'000)
    poll(nullptr, 0, static_cast<int>(left));
}

void write_line() noexcept {
  const std::size_t length = std::strlen(line);
  line[length] = '\n';
  constexpr char prefix[] = "tally: ";
  [[maybe_unused]] ssize_t written = write(STDERR_FILENO, prefix, sizeof prefix - 1);
  written = write(STDERR_FILENO, line, length + 1);
  line[length] = '\0';
}

/// Ends the process, through the speaker. Async-signal-safe. The first failure wins; later ones wait for its end.
[[noreturn]] void fail(const char* before, const char* signal, const char* after) noexcept {
  if (!failed.exchange(true)) {
    std::size_t length = 0;
    append(length, file_name);
    append(length, before);
    append(length, signal);
    append(length, after);
    wake(wake_speaker);
    sleep_for(action_milliseconds);
    write_line();
    _exit(1);
  }
  sleep_for(2 * action_milliseconds);
  _exit(1);
}

/// What would have happened without us.
void pass_on(std::size_t index, siginfo_t* info, void* context) {
  const struct sigaction& action = previous[index];
  const int signal_number = guarded[index].number;
  const bool sent = info->si_code <= 0;  // by kill, raise or abort; otherwise returning repeats the faulty instruction
  const bool handled = (action.sa_flags & SA_SIGINFO) || (action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN);
  if (!handled && action.sa_handler == SIG_IGN && sent) return;
  if (!handled || (static_cast<unsigned>(action.sa_flags) & SA_RESETHAND)) signal(signal_number, SIG_DFL);
  if (!handled) {
    if (sent) raise(signal_number);  // blocked here: delivered as this handler returns
  } else if (action.sa_flags & SA_SIGINFO) {
    action.sa_sigaction(signal_number, info, context);
  } else {
    action.sa_handler(signal_number);
  }
}

extern "C" void tally_hdf5_crash_handler(int number, siginfo_t* info, void* context) {
  const int saved_errno = errno;
  std::size_t index = 0;
  while (index + 1 < guarded.size() && guarded[index].number != number) ++index;
  if (in_section) fail(": damaged: libhdf5 crashed (", guarded[index].name, ") while reading it");
  if (claim_later_crashes && entered.load() > 0)
    fail(": perhaps damaged: the program crashed (", guarded[index].name,
         ") after libhdf5 had read it; otherwise a bug of tally");
  pass_on(index, info, context);
  errno = saved_errno;
}

/// A crash by stack overflow needs another stack to be handled on. Each thread has its own.
class AlternateStack {
 public:
  AlternateStack() {
    stack_t present{};
    if (sigaltstack(nullptr, &present) != 0 || !(present.ss_flags & SS_DISABLE)) return;
    memory_ = std::make_unique<char[]>(bytes);
    stack_t ours{};
    ours.ss_sp = memory_.get();
    ours.ss_size = bytes;
    if (sigaltstack(&ours, nullptr) != 0) memory_.reset();
  }
  ~AlternateStack() {
    if (!memory_) return;
    stack_t none{};
    none.ss_flags = SS_DISABLE;
    if (sigaltstack(&none, nullptr) != 0) memory_.release();  // still in use: better leaked than freed
  }
  AlternateStack(const AlternateStack&) = delete;
  AlternateStack& operator=(const AlternateStack&) = delete;

 private:
  static constexpr std::size_t bytes = std::size_t{64} * 1024;
  std::unique_ptr<char[]> memory_;
};

void wait_for(int event) noexcept {
  std::uint64_t count = 0;
  while (read(event, &count, sizeof count) < 0 && errno == EINTR) {
  }
}

[[noreturn]] void speak() {
  // An arena of its own for this thread, so that malloc works in the action even where a crashed one holds the main's.
  void* volatile memory = std::malloc(64);
  std::free(memory);
  for (;;) {
    wait_for(wake_speaker);
    if (!failed.load()) continue;
    if (const FatalAction action = fatal_action.load()) action(line);
    write_line();
    _exit(1);
  }
}

[[noreturn]] void watch() {
  std::uint64_t seen = 0;
  for (;;) {
    if (live.load() == 0 && entered.load() == seen) {
      watchdog_sleeps = true;
      if (live.load() == 0 && entered.load() == seen) wait_for(wake_watchdog);
      watchdog_sleeps = false;
    }
    seen = entered.load();
    sleep_for(watch_milliseconds);
    const std::uint64_t number = live.load();
    if (number == 0) continue;
    const std::int64_t used = nanoseconds(section_clock.load()) - section_start.load();
    if (used > section_limit.load() && live.load() == number)
      fail(": damaged: libhdf5 does not come back from reading it", "", "");
  }
}

/// The guard's threads take no signal of the host program, only faults of their own.
void start(void (*thread)()) {
  sigset_t blocked;
  sigset_t before;
  sigfillset(&blocked);
  for (const GuardedSignal& signal : guarded) sigdelset(&blocked, signal.number);
  pthread_sigmask(SIG_SETMASK, &blocked, &before);
  try {
    std::thread(thread).detach();
  } catch (...) {
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    throw;
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

}  // namespace

void install(FatalAction action) {
  fatal_action = action;
  if (installed.load()) return;
  wake_watchdog = eventfd(0, EFD_CLOEXEC);
  wake_speaker = eventfd(0, EFD_CLOEXEC);
  if (wake_watchdog < 0 || wake_speaker < 0)
    throw Error("the guard of libhdf5 cannot be set up: " + std::generic_category().message(errno));
  start(speak);
  start(watch);
  for (std::size_t i = 0; i < guarded.size(); ++i) {
    struct sigaction ours {};
    ours.sa_sigaction = tally_hdf5_crash_handler;
    ours.sa_flags = SA_SIGINFO | SA_ONSTACK;
    sigemptyset(&ours.sa_mask);
    sigaction(guarded[i].number, &ours, &previous[i]);
  }
  installed = true;
}

void enter(const std::string& file, std::int64_t limit_nanoseconds) {
  if (!installed.load()) return;
  thread_local const AlternateStack stack;
  const std::size_t length = std::min(file.size(), sizeof file_name - 1);
  std::transform(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(length), file_name,
                 [](char c) { return static_cast<unsigned char>(c) < 32 ? '?' : c; });  // one line, whatever the name
  file_name[length] = '\0';
  clockid_t clock{};
  if (pthread_getcpuclockid(pthread_self(), &clock) != 0) clock = CLOCK_PROCESS_CPUTIME_ID;
  section_clock = clock;
  section_start = nanoseconds(clock);
  section_limit = limit_nanoseconds;
  in_section = true;
  live = entered.fetch_add(1) + 1;
  if (watchdog_sleeps.load()) wake(wake_watchdog);
}

void extend(std::int64_t nanoseconds_more) noexcept { section_limit.fetch_add(nanoseconds_more); }

void leave() noexcept {
  live = 0;
  in_section = false;
}

}  // namespace tally::io::guard

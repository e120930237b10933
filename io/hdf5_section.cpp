// The lock around libhdf5, and telling the guard what happens inside.
#include "io/hdf5_section.hpp"

#include <mutex>

#include "io/hdf5.hpp"
#include "io/hdf5_guard.hpp"

namespace tally::io {
namespace {

constexpr std::int64_t base_nanoseconds = 4'000'000'000;
constexpr std::uint64_t slowest_bytes_per_microsecond = 50;  // 50 MB/s: gzip on a slow core

// Not every build of libhdf5 is thread-safe; so one call at a time. Recursive: who holds a section may call functions
// that open their own.
std::recursive_mutex& mutex() {
  // Never destroyed: sections may live in objects with static storage.
  static auto* const instance = new std::recursive_mutex;
  return *instance;
}

int depth = 0;  // of nested sections; guarded by the mutex

std::int64_t allowance(std::uint64_t bytes) {
  constexpr std::uint64_t most = std::uint64_t{1} << 50;
  return static_cast<std::int64_t>((bytes < most ? bytes : most) / slowest_bytes_per_microsecond * 1000);
}

}  // namespace

Hdf5Section::Hdf5Section(const std::string& file, std::uint64_t expected_bytes) {
  std::unique_lock lock(mutex());
  if (depth == 0) {
    guard::enter(file, base_nanoseconds + allowance(expected_bytes));
    try {
      hdf5::initialize_thread();
    } catch (...) {
      guard::leave();
      throw;
    }
  } else {
    guard::extend(allowance(expected_bytes));
  }
  ++depth;
  lock.release();
}

Hdf5Section::~Hdf5Section() {
  if (--depth == 0) guard::leave();
  mutex().unlock();
}

void install_hdf5_guard(FatalAction action) { guard::install(action); }

}  // namespace tally::io

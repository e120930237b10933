// Where the time of a forward pass goes. Reading a clock costs a few percent, so this is for a pass that is measured
// for it, not for one whose speed is measured.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif

namespace tally {

/// pack: input to panels. gemm: bias and matrix products. activation: hidden layers. softmax: scores and counts.
enum class Phase : std::size_t { pack, gemm, activation, softmax };

/// Of one thread: adds up the time between enter() and the next enter(), by phase.
class PhaseClock {
 public:
  static constexpr std::size_t phases = 4;

  void enter(Phase phase) {
    const std::uint64_t now = ticks();
    if (running_) elapsed_[static_cast<std::size_t>(current_)] += now - since_;
    current_ = phase;
    since_ = now;
    running_ = true;
  }
  void stop() {
    enter(current_);
    running_ = false;
  }

  /// By Phase, in ticks of some constant length.
  const std::array<std::uint64_t, phases>& elapsed() const { return elapsed_; }
  PhaseClock& operator+=(const PhaseClock& other) {
    for (std::size_t i = 0; i < phases; ++i) elapsed_[i] += other.elapsed_[i];
    return *this;
  }

 private:
  static std::uint64_t ticks() {
#if defined(__x86_64__)
    return __rdtsc();
#else
    return static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count());
#endif
  }

  std::array<std::uint64_t, phases> elapsed_{};
  std::uint64_t since_ = 0;
  Phase current_ = Phase::pack;
  bool running_ = false;
};

}  // namespace tally

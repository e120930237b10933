// Steps of the root alone, and the patience of the others.
#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>
#include <thread>

#include "pipeline/root_step.hpp"
#include "tests/pipeline/mpi_session.hpp"

namespace tally::pipeline {
namespace {

TEST(RunOnRoot, OnlyTheRootRunsTheStep) {
  int runs = 0;
  run_on_root(
      session(), [&runs] { ++runs; }, test_stall_seconds);
  EXPECT_EQ(runs, session().root() ? 1 : 0);
}

// The step takes several times the bound within which the others must hear of the root.
TEST(RunOnRoot, AStepMayTakeLongerThanTheStallTimeout) {
  constexpr double stall_seconds = 1.0;
  const auto step = [] { std::this_thread::sleep_for(std::chrono::milliseconds(3000)); };
  EXPECT_NO_THROW(run_on_root(session(), step, stall_seconds));
}

TEST(RunOnRoot, WhatTheStepThrowsReachesTheRoot) {
  const auto fail = [] { throw std::runtime_error("no"); };
  if (session().root()) {
    EXPECT_THROW(run_on_root(session(), fail, test_stall_seconds), std::runtime_error);
  } else {
    EXPECT_NO_THROW(run_on_root(session(), fail, test_stall_seconds));
  }
}

}  // namespace
}  // namespace tally::pipeline

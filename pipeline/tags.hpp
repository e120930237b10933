// Message tags.
#pragma once

namespace tally::pipeline {

inline constexpr int shard_tag = 1;
inline constexpr int result_tag = 2;
inline constexpr int root_step_tag = 3;

}  // namespace tally::pipeline

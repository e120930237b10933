// Message tags.
#pragma once

namespace tally::pipeline {

inline constexpr int shard_tag = 1;  // headers
inline constexpr int result_tag = 2;
inline constexpr int root_step_tag = 3;
inline constexpr int payload_tag = 4;

}  // namespace tally::pipeline

// Message tags of the scatter.
#pragma once

namespace tally::pipeline {

inline constexpr int shard_tag = 1;
inline constexpr int result_tag = 2;

}  // namespace tally::pipeline

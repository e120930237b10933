// One rank's work on one shard.
#pragma once

#include "kernels/evaluate.hpp"
#include "pipeline/message.hpp"

namespace tally::pipeline {

/// Evaluates shards with the threads of this rank and keeps the counts. Local.
class ShardEvaluator {
 public:
  /// Both must outlive it.
  ShardEvaluator(const Job& job, const Network& network, int threads)
      : job_(job), evaluator_(network, job.transform, threads) {}
  virtual ~ShardEvaluator() = default;
  ShardEvaluator(const ShardEvaluator&) = delete;
  ShardEvaluator& operator=(const ShardEvaluator&) = delete;

  /// Runs the shard's rows; per-sample results go into `result` as far as the job asks for them. Virtual, so that tests
  /// can fail here.
  virtual void evaluate(ShardMessage& shard, ResultMessage& result) {
    result.reset(shard.rows(), job_);
    const StoredRows rows{shard.inputs().data(), job_.type, shard.rows().count, job_.inputs};
    counts_ +=
        evaluator_.evaluate(rows, shard.labels(), {result.predicted(), result.confidence(), result.probabilities()});
  }

  const Counts& counts() const { return counts_; }

 private:
  const Job& job_;
  Evaluator evaluator_;
  Counts counts_;
};

}  // namespace tally::pipeline

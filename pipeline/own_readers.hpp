// Which ranks open the dataset, to read for themselves what the root hands out as ranges of rows.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "io/dataset.hpp"
#include "pipeline/mpi.hpp"

namespace tally::pipeline {

/// What a rank other than the root is to do.
enum class OwnReading {
  no,
  /// Open the dataset, wherever it is mounted.
  yes,
  /// Open the root's very file, if this rank runs on the root's machine and can see it, and if its rows lie plainly
  /// there (io/plain_rows.hpp): from one machine's memory, as many threads as compute can copy rows at a time.
  plain,
};

struct OwnReaders {
  std::unique_ptr<io::DatasetReader> mine;  // not on the root, which has one already
  std::vector<bool> ranks;                  // by rank: reads for itself; not the root
  std::vector<std::string> errors;          // by rank: why it does not, though it should; else empty
};

/// Collective. A rank keeps what it opens with `open` where it finds there what the root has found in `root_reader`
/// (null elsewhere): the same shape, types, places, first and last row. Each rank has its own `reading`.
OwnReaders open_own_readers(const MpiSession& session, const io::DatasetReader* root_reader,
                            const std::function<io::DatasetReader()>& open, OwnReading reading, double stall_seconds);

}  // namespace tally::pipeline

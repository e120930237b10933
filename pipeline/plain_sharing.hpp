// Which ranks read rows that lie plainly (io/plain_rows.hpp) through the files that the root has open.
#pragma once

#include <memory>
#include <vector>

#include "io/plain_rows.hpp"
#include "pipeline/mpi.hpp"

namespace tally::pipeline {

struct PlainSharing {
  std::unique_ptr<io::PlainRows> rows;  // another rank's view of the root's; null where it has none
  std::vector<bool> ranks;              // by rank: whether it has one
};

/// Collective. Every rank that is a candidate, because it may run on the root's machine, tries to open the root's very
/// files, by way of the root's descriptors: what their names stand for by now does not matter, nor whether the rank can
/// see them. `rows`: on the root only. Nothing is read.
PlainSharing share_plain_rows(const MpiSession& session, const io::PlainRows* rows, bool candidate,
                              double stall_seconds);

}  // namespace tally::pipeline

// Bytes from the root to every rank, and from every rank to every rank. Collective.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "pipeline/mpi.hpp"

namespace tally::pipeline {

/// Collective. Every rank ends with the root's bytes; what the others passed in is replaced. Any length: it travels in
/// pieces of 64 MiB, which MPI's int counts can name.
///
///   rank 0: "abc"   rank 1: ""      ->   rank 0: "abc"   rank 1: "abc"
void broadcast(const MpiSession& session, std::string& bytes, double stall_seconds);

/// Collective. The same where all know the length: into memory that is there.
void broadcast(const MpiSession& session, std::span<std::byte> bytes, double stall_seconds);

/// Collective. Every rank ends with the strings of all ranks, in order of rank; each may have another length.
///
///   rank 0: "a"     rank 1: "bcd"   ->   both: {"a", "bcd"}
std::vector<std::string> all_gather(const MpiSession& session, const std::string& mine, double stall_seconds);

/// Collective. The element-wise sum over ranks of int64 vectors of equal length; valid on the root, empty elsewhere.
///
///   rank 0: {1, 2}  rank 1: {3, 4}  ->   rank 0: {4, 6}   rank 1: {}
std::vector<std::int64_t> reduce_sum(const MpiSession& session, const std::vector<std::int64_t>& mine,
                                     double stall_seconds);

/// Collective. The same with the maximum.
std::vector<std::int64_t> reduce_max(const MpiSession& session, const std::vector<std::int64_t>& mine,
                                     double stall_seconds);

}  // namespace tally::pipeline

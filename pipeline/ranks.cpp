#include "pipeline/ranks.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "pipeline/broadcast.hpp"
#include "pipeline/version.hpp"

namespace tally::pipeline {
namespace {

nlohmann::json to_json(const BlisConfiguration& blis) { return {{"id", blis.id}, {"name", blis.name}}; }

BlisConfiguration blis_from_json(const nlohmann::json& json) {
  return {json.at("id").get<int>(), json.at("name").get<std::string>()};
}

std::string to_text(const Introduction& one) {
  const nlohmann::json json{{"host", one.placement.host},
                            {"tally_version", one.versions.tally},
                            {"blis_version", one.versions.blis},
                            {"cpus", one.placement.cpus},
                            {"logical_cpus", one.placement.logical_cpus},
                            {"physical_cores", one.placement.physical_cores},
                            {"cpu_quota", one.placement.cpu_quota},
                            {"omp_num_threads", one.placement.omp_num_threads},
                            {"thread_limit", one.placement.thread_limit},
                            {"blis", to_json(one.kernels.blis)},
                            {"unforced_blis", to_json(one.kernels.unforced_blis)},
                            {"isa", static_cast<int>(one.kernels.isa)},
                            {"unforced_isa", static_cast<int>(one.kernels.unforced_isa)},
                            {"error", one.error}};
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Introduction from_text(const std::string& text) {
  const nlohmann::json json = nlohmann::json::parse(text);
  Introduction one;
  json.at("host").get_to(one.placement.host);
  one.versions = {json.value("tally_version", "?"), json.value("blis_version", "?")};
  if (one.versions != this_version()) return one;  // the rest may be written otherwise, and will not be used
  json.at("cpus").get_to(one.placement.cpus);
  json.at("logical_cpus").get_to(one.placement.logical_cpus);
  json.at("physical_cores").get_to(one.placement.physical_cores);
  json.at("cpu_quota").get_to(one.placement.cpu_quota);
  json.at("omp_num_threads").get_to(one.placement.omp_num_threads);
  json.at("thread_limit").get_to(one.placement.thread_limit);
  one.kernels.blis = blis_from_json(json.at("blis"));
  one.kernels.unforced_blis = blis_from_json(json.at("unforced_blis"));
  one.kernels.isa = static_cast<VectorIsa>(json.at("isa").get<int>());
  one.kernels.unforced_isa = static_cast<VectorIsa>(json.at("unforced_isa").get<int>());
  json.at("error").get_to(one.error);
  return one;
}

/// A text for each rank, runs of equal ones folded, ranks of an empty one left out: "rank 0: skx, ranks 1-3: haswell".
std::string by_rank(const std::vector<std::string>& texts) {
  std::string all;
  for (std::size_t first = 0; first < texts.size();) {
    std::size_t end = first;
    while (end + 1 < texts.size() && texts[end + 1] == texts[first]) ++end;
    if (!texts[first].empty()) {
      if (!all.empty()) all += ", ";
      all +=
          end == first ? "rank " + std::to_string(first) : "ranks " + std::to_string(first) + "-" + std::to_string(end);
      all += ": " + texts[first];
    }
    first = end + 1;
  }
  return all;
}

/// One sort of kernels, as the ranks chose it and would have chosen it; all by name.
struct Choices {
  std::string what;
  std::string variable;
  std::vector<std::string> chosen;
  std::vector<std::string> unforced;
};

void warn_of_difference(const Choices& choices, const std::string& agreed, std::vector<std::string>& warnings) {
  if (std::ranges::all_of(choices.chosen, [&](const std::string& one) { return one == agreed; })) return;
  warnings.push_back("the ranks differ in " + choices.what + " (" + by_rank(choices.chosen) + "): all use " + agreed +
                     ", for the same bits everywhere");
}

/// The environment's choice was most likely made for another machine or another program.
void warn_of_force(const Choices& choices, std::vector<std::string>& warnings) {
  std::vector<std::string> texts;
  for (std::size_t rank = 0; rank < choices.chosen.size(); ++rank) {
    const bool same = choices.chosen[rank] == choices.unforced[rank];
    texts.push_back(same ? std::string()
                         : choices.chosen[rank] + ", where Tally would have chosen " + choices.unforced[rank]);
  }
  const std::string who = by_rank(texts);
  if (who.empty()) return;
  warnings.push_back(choices.variable + " forces the " + choices.what + ": " +
                     (texts.size() == 1 ? texts.front() : who));
}

/// Kernels compiled for any x86-64 emulate each fma.
void warn_of_missing_fma(const std::vector<Introduction>& introductions, std::vector<std::string>& warnings) {
  if (name_of(VectorIsa::baseline) != "sse2") return;
  std::vector<std::string> texts;
  for (const Introduction& one : introductions) {
    const bool missing = one.kernels.unforced_isa == VectorIsa::baseline;
    texts.emplace_back(missing ? "the CPU lacks FMA or AVX2" : "");
  }
  const std::string who = by_rank(texts);
  if (who.empty()) return;
  warnings.push_back((texts.size() == 1 ? texts.front() : who) +
                     ": activations and scores emulate fused multiply-adds and are tens of times slower");
}

/// What keeps the ranks from working together; empty where nothing does.
std::string error_of(const std::vector<Introduction>& introductions) {
  const auto named = [&](std::size_t rank) {
    return "rank " + std::to_string(rank) + " (" + introductions[rank].placement.host + ")";
  };
  const auto runs = [&](std::size_t rank) {
    const Versions& versions = introductions[rank].versions;
    return "runs tally " + versions.tally + " with BLIS " + versions.blis;
  };
  for (std::size_t rank = 1; rank < introductions.size(); ++rank) {
    if (introductions[rank].versions == introductions[0].versions) continue;
    return named(rank) + ": " + runs(rank) + ", " + named(0) + " " + runs(0) + ": all must run the same";
  }
  for (std::size_t rank = 0; rank < introductions.size(); ++rank) {
    const std::string& error = introductions[rank].error;
    if (!error.empty()) return rank == 0 ? error : named(rank) + ": " + error;
  }
  return {};
}

/// Settles which kernels all ranks use.
void agree_on_kernels(const std::vector<Introduction>& introductions, Agreement& agreement) {
  Choices blis{"BLIS configuration", "BLIS_ARCH_TYPE", {}, {}};
  Choices vector{"vector instruction set", "TALLY_VECTOR_ISA", {}, {}};
  std::vector<BlisConfiguration> configurations;
  std::vector<VectorIsa> isas;
  for (const Introduction& one : introductions) {
    configurations.push_back(one.kernels.blis);
    isas.push_back(one.kernels.isa);
    blis.chosen.push_back(one.kernels.blis.name);
    blis.unforced.push_back(one.kernels.unforced_blis.name);
    vector.chosen.emplace_back(name_of(one.kernels.isa));
    vector.unforced.emplace_back(name_of(one.kernels.unforced_isa));
  }
  agreement.blis = common_blis_configuration(configurations);
  agreement.isa = common_vector_isa(isas);
  warn_of_difference(blis, agreement.blis.name, agreement.warnings);
  warn_of_difference(vector, std::string(name_of(agreement.isa)), agreement.warnings);
  warn_of_force(blis, agreement.warnings);
  warn_of_force(vector, agreement.warnings);
  if (agreement.blis.name == "generic") {
    agreement.warnings.emplace_back(
        "BLIS runs its portable kernels (configuration generic): several times slower than "
        "those made for a CPU");
  }
  warn_of_missing_fma(introductions, agreement.warnings);
}

}  // namespace

Versions this_version() { return {std::string(version) + " (" + revision + ")", blis_version()}; }

Agreement agree(const std::vector<Introduction>& introductions, std::optional<int> requested_threads) {
  Agreement agreement;
  for (const Introduction& one : introductions) agreement.placements.push_back(one.placement);
  agreement.error = error_of(introductions);
  if (!agreement.error.empty()) return agreement;
  agreement.threads = threads_per_rank(agreement.placements, requested_threads);
  agreement.warnings = thread_warnings(agreement.placements, agreement.threads);
  if (requested_threads && agreement.threads.front() < *requested_threads) {
    const bool limited = agreement.placements.front().thread_limit == agreement.threads.front();
    agreement.warnings.push_back("--threads " + std::to_string(*requested_threads) +
                                 (limited ? " is more than OMP_THREAD_LIMIT" : " is far more than the CPUs") +
                                 ": using " + std::to_string(agreement.threads.front()));
  }
  agree_on_kernels(introductions, agreement);
  return agreement;
}

Agreement agree(const MpiSession& session, const Introduction& mine, std::optional<int> requested_threads,
                double stall_seconds) {
  std::vector<Introduction> introductions;
  for (const std::string& text : all_gather(session, to_text(mine), stall_seconds)) {
    introductions.push_back(from_text(text));
  }
  return agree(introductions, requested_threads);
}

}  // namespace tally::pipeline

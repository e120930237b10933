#include "pipeline/ranks.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "pipeline/broadcast.hpp"

namespace tally::pipeline {
namespace {

std::string to_text(const Introduction& one) {
  const nlohmann::json json{{"host", one.placement.host},
                            {"cpus", one.placement.cpus},
                            {"logical_cpus", one.placement.logical_cpus},
                            {"physical_cores", one.placement.physical_cores},
                            {"cpu_quota", one.placement.cpu_quota},
                            {"omp_num_threads", one.placement.omp_num_threads},
                            {"blis_id", one.blis.id},
                            {"blis_name", one.blis.name},
                            {"error", one.error}};
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

Introduction from_text(const std::string& text) {
  const nlohmann::json json = nlohmann::json::parse(text);
  Introduction one;
  json.at("host").get_to(one.placement.host);
  json.at("cpus").get_to(one.placement.cpus);
  json.at("logical_cpus").get_to(one.placement.logical_cpus);
  json.at("physical_cores").get_to(one.placement.physical_cores);
  json.at("cpu_quota").get_to(one.placement.cpu_quota);
  json.at("omp_num_threads").get_to(one.placement.omp_num_threads);
  json.at("blis_id").get_to(one.blis.id);
  json.at("blis_name").get_to(one.blis.name);
  json.at("error").get_to(one.error);
  return one;
}

/// "rank 0: skx, ranks 1-3: haswell".
std::string who_chose_what(const std::vector<Introduction>& introductions) {
  std::string text;
  for (std::size_t first = 0; first < introductions.size();) {
    std::size_t end = first;
    while (end + 1 < introductions.size() && introductions[end + 1].blis == introductions[first].blis) ++end;
    if (!text.empty()) text += ", ";
    text +=
        end == first ? "rank " + std::to_string(first) : "ranks " + std::to_string(first) + "-" + std::to_string(end);
    text += ": " + introductions[first].blis.name;
    first = end + 1;
  }
  return text;
}

}  // namespace

Agreement agree(const std::vector<Introduction>& introductions, std::optional<int> requested_threads) {
  Agreement agreement;
  std::vector<BlisConfiguration> chosen;
  for (std::size_t rank = 0; rank < introductions.size(); ++rank) {
    const Introduction& one = introductions[rank];
    agreement.placements.push_back(one.placement);
    chosen.push_back(one.blis);
    if (!one.error.empty() && agreement.error.empty()) {
      agreement.error =
          rank == 0 ? one.error : "rank " + std::to_string(rank) + " (" + one.placement.host + "): " + one.error;
    }
  }
  if (!agreement.error.empty()) return agreement;
  agreement.threads = threads_per_rank(agreement.placements, requested_threads);
  agreement.warnings = thread_warnings(agreement.placements, agreement.threads);
  if (requested_threads && agreement.threads.front() < *requested_threads) {
    agreement.warnings.push_back("--threads " + std::to_string(*requested_threads) +
                                 " is far more than the CPUs: using " + std::to_string(agreement.threads.front()));
  }
  agreement.blis = common_blis_configuration(chosen);
  if (std::any_of(chosen.begin(), chosen.end(), [&](const auto& one) { return one != agreement.blis; })) {
    agreement.warnings.push_back("the ranks differ in BLIS configuration (" + who_chose_what(introductions) +
                                 "): all use " + agreement.blis.name + ", for the same bits everywhere");
  }
  if (agreement.blis.name == "generic") {
    agreement.warnings.emplace_back(
        "BLIS runs its portable kernels (configuration generic): several times slower than "
        "those made for a CPU");
  }
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

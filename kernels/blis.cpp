#include "kernels/blis.hpp"

#include <blis.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <string_view>
#include <system_error>
#include <type_traits>

#include "kernels/microkernel.hpp"

namespace tally {
namespace {

constexpr const char* arch_variable = "BLIS_ARCH_TYPE";

/// How far up the ladder of x86 vector units a configuration stands; machines that run a step run every lower one.
enum class Step { generic, sse, avx, avx2, avx512, other };

Step step_of(std::string_view name) {
  if (name == "generic") return Step::generic;
  if (name == "penryn") return Step::sse;
  if (name == "sandybridge") return Step::avx;
  if (name == "haswell" || name == "zen" || name == "zen2" || name == "zen3") return Step::avx2;
  if (name == "skx") return Step::avx512;
  return Step::other;
}

/// Whether this CPU has the instructions that a configuration's kernels use. What is not known is left to BLIS.
bool cpu_runs(std::string_view name) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  switch (step_of(name)) {
    case Step::generic:
      return true;
    case Step::sse:
      return __builtin_cpu_supports("sse3");
    case Step::avx:
      return __builtin_cpu_supports("avx");
    case Step::avx2:
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    case Step::avx512:
      return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
             __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
    case Step::other:
      break;
  }
  if (name == "knl" || name == "knc") return false;  // their instructions never came to another CPU
  if (name == "bulldozer") return __builtin_cpu_supports("fma4");
  if (name == "piledriver" || name == "steamroller" || name == "excavator") {
    return __builtin_cpu_supports("fma4") && __builtin_cpu_supports("fma");
  }
  return false;
#else
  (void)name;
  return true;
#endif
}

std::string name_of_id(int id) { return bli_arch_string(static_cast<arch_t>(id)); }

[[noreturn]] void fail_to_ask(int reason) {
  throw Error("cannot ask BLIS for its configuration: no child process: " + std::generic_category().message(reason));
}

/// What BLIS settles on with BLIS_ARCH_TYPE set to `forced` (or unset, if negative), found out in a child process: BLIS
/// decides once per process, and aborts over a value it does not know. -1 if the child did not live to tell. Error
/// where there can be no child: a guess would silently change speed and bits.
int ask_child(int forced) {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) fail_to_ask(errno);
  const pid_t child = fork();
  if (child < 0) {
    const int reason = errno;
    close(ends[0]);
    close(ends[1]);
    fail_to_ask(reason);
  }
  if (child == 0) {
    close(ends[0]);
    const rlimit no_core_file{};
    setrlimit(RLIMIT_CORE, &no_core_file);
    close(STDERR_FILENO);  // BLIS explains an abort there; the caller has its own words
    if (forced < 0) {
      unsetenv(arch_variable);
    } else {
      setenv(arch_variable, std::to_string(forced).c_str(), 1);
    }
    bli_init();
    const int id = static_cast<int>(bli_arch_query_id());
    const bool told = write(ends[1], &id, sizeof id) == static_cast<ssize_t>(sizeof id);
    _exit(told ? 0 : 1);
  }
  close(ends[1]);
  int id = -1;
  ssize_t got = 0;
  do {
    got = read(ends[0], &id, sizeof id);
  } while (got < 0 && errno == EINTR);
  if (got != static_cast<ssize_t>(sizeof id)) id = -1;
  while (waitpid(child, nullptr, 0) < 0 && errno == EINTR) {
  }
  close(ends[0]);
  return id;
}

BlisConfiguration configuration_from_environment(const std::string& text) {
  int id = -1;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), id);
  if (status != std::errc() || end != text.data() + text.size()) {
    throw Error(std::string(arch_variable) + "=" + text + ": BLIS takes a number here (haswell is " +
                std::to_string(BLIS_ARCH_HASWELL) + ", skx " + std::to_string(BLIS_ARCH_SKX) + ", generic " +
                std::to_string(BLIS_ARCH_GENERIC) + "); a name would silently count as 0");
  }
  if (id < 0 || id >= BLIS_NUM_ARCHS || ask_child(id) != id) {
    throw Error(std::string(arch_variable) + "=" + text + ": this BLIS (" + blis_version() +
                ") has no configuration of that number");
  }
  if (!cpu_runs(name_of_id(id))) {
    throw Error(std::string(arch_variable) + "=" + text + ": this CPU lacks the instructions of the configuration " +
                name_of_id(id));
  }
  return {id, name_of_id(id)};
}

// BLIS 0.9 declares every operand without const, and leaves the inputs as they are.
using SgemmMicrokernel = void (*)(dim_t m, dim_t n, dim_t k, float* alpha, float* a, float* b, float* beta, float* c,
                                  inc_t rs_c, inc_t cs_c, auxinfo_t* data, cntx_t* cntx);
static_assert(std::is_same_v<SgemmMicrokernel, sgemm_ukr_ft>, "another BLIS, whose microkernels take other arguments");

}  // namespace

BlisConfiguration choose_blis_configuration() {
  if (const char* text = std::getenv(arch_variable); text != nullptr && *text != '\0') {
    return configuration_from_environment(text);
  }
  const int own_choice = ask_child(-1);
  const int id = own_choice < 0 ? static_cast<int>(BLIS_ARCH_GENERIC) : own_choice;
  if (id == BLIS_ARCH_GENERIC) {
    // BLIS 0.9.0 knows no AMD family 0x1A (Zen 5), for one: its portable kernels would run five times slower there.
    for (const arch_t candidate : {BLIS_ARCH_SKX, BLIS_ARCH_HASWELL, BLIS_ARCH_SANDYBRIDGE}) {
      const int wanted = static_cast<int>(candidate);
      if (cpu_runs(name_of_id(wanted)) && ask_child(wanted) == wanted) return {wanted, name_of_id(wanted)};
    }
  }
  return {id, name_of_id(id)};
}

BlisConfiguration common_blis_configuration(const std::vector<BlisConfiguration>& chosen) {
  const BlisConfiguration& first = chosen.front();
  if (std::all_of(chosen.begin(), chosen.end(), [&](const auto& other) { return other == first; })) return first;
  const auto lowest = std::min_element(chosen.begin(), chosen.end(), [](const auto& a, const auto& b) {
    const Step step_a = step_of(a.name);
    const Step step_b = step_of(b.name);
    return step_a != step_b ? step_a < step_b : a.id < b.id;
  });
  const bool ladder =
      std::none_of(chosen.begin(), chosen.end(), [](const auto& one) { return step_of(one.name) == Step::other; });
  // Configurations off the ladder (knl, bulldozer, Arm) have only the portable kernels in common with another.
  if (!ladder) return {static_cast<int>(BLIS_ARCH_GENERIC), name_of_id(BLIS_ARCH_GENERIC)};
  return *lowest;
}

void use_blis_configuration(const BlisConfiguration& configuration) {
  const std::string number = std::to_string(configuration.id);
  if (configuration.id < 0 || configuration.id >= BLIS_NUM_ARCHS ||
      name_of_id(configuration.id) != configuration.name) {
    throw Error("this BLIS (" + blis_version() + ") has no configuration " + configuration.name + " of number " +
                number);
  }
  setenv(arch_variable, number.c_str(), 1);
  const BlisConfiguration running = blis_configuration();
  if (running != configuration) {
    throw Error("BLIS runs " + running.name + ", not " + configuration.name + ": it was initialised before the choice");
  }
}

BlisConfiguration blis_configuration() {
  bli_init();
  const int id = static_cast<int>(bli_arch_query_id());
  return {id, name_of_id(id)};
}

std::string blis_version() { return bli_info_get_version_str(); }

Microkernel::Microkernel() {
  bli_init();
  cntx_t* const context = bli_gks_query_cntx();
  context_ = context;
  function_ = reinterpret_cast<const void*>(bli_cntx_get_l3_nat_ukr_dt(BLIS_FLOAT, BLIS_GEMM_UKR, context));
  prefers_rows_ = bli_cntx_l3_nat_ukr_prefers_rows_dt(BLIS_FLOAT, BLIS_GEMM_UKR, context);
  const Index mr = bli_cntx_get_blksz_def_dt(BLIS_FLOAT, BLIS_MR, context);
  const Index nr = bli_cntx_get_blksz_def_dt(BLIS_FLOAT, BLIS_NR, context);
  panel_ = prefers_rows_ ? nr : mr;
  units_ = prefers_rows_ ? mr : nr;
  const Step step = step_of(blis_configuration().name);
  has_edges_ = step == Step::avx2 || step == Step::avx512;
  widens_edges_ = step == Step::avx512;
  check_tile_shape(panel_, units_, has_edges_);
}

void Microkernel::run(Index k, const float* w, const float* x, float* c, const float* next_w,
                      const float* next_x) const {
  const auto function = reinterpret_cast<SgemmMicrokernel>(const_cast<void*>(function_));
  auto* const context = static_cast<cntx_t*>(const_cast<void*>(context_));
  auto* const weights = const_cast<float*>(w);
  auto* const samples = const_cast<float*>(x);
  float one = 1.0F;
  auxinfo_t next{};
  if (prefers_rows_) {
    bli_auxinfo_set_next_a(const_cast<float*>(next_w), &next);
    bli_auxinfo_set_next_b(const_cast<float*>(next_x), &next);
    function(units_, panel_, k, &one, weights, samples, &one, c, panel_, 1, &next, context);
  } else {
    bli_auxinfo_set_next_a(const_cast<float*>(next_x), &next);
    bli_auxinfo_set_next_b(const_cast<float*>(next_w), &next);
    function(panel_, units_, k, &one, samples, weights, &one, c, 1, panel_, &next, context);
  }
}

void Microkernel::run_edge(Index units, Index k, const float* w, const float* x, float* c,
                           const LinesAhead& ahead) const {
  assert(1 <= units && units <= most_units);
  vector_kernels().multiply(k, units, panel_, w, x, c, ahead);
}

}  // namespace tally

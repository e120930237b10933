#include "kernels/vector_isa.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdlib>

#include "kernels/vector/kernels.hpp"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace tally {
namespace {

constexpr const char* isa_variable = "TALLY_VECTOR_ISA";
constexpr std::array all_isas = {VectorIsa::baseline, VectorIsa::avx2, VectorIsa::avx512};

const VectorKernels& kernels_of([[maybe_unused]] VectorIsa isa) {
#if defined(__x86_64__)
  if (isa == VectorIsa::avx2) return vector_avx2::kernels;
  if (isa == VectorIsa::avx512) return vector_avx512::kernels;
#endif
  return vector_baseline::kernels;
}

std::atomic<const VectorKernels*> kernels_in_use{nullptr};

#if defined(__x86_64__)
/// Clang 14 knows no "f16c" in __builtin_cpu_supports. The system's part (AVX state) is asked for by avx2.
bool cpu_has_f16c() {
  unsigned a = 0;
  unsigned b = 0;
  unsigned c = 0;
  unsigned d = 0;
  return __get_cpuid(1, &a, &b, &c, &d) != 0 && (c & bit_F16C) != 0;
}
#endif

}  // namespace

std::string_view name_of([[maybe_unused]] VectorIsa isa) {
#if defined(__AVX512F__)
  return "avx512";
#else
  if (isa == VectorIsa::avx512) return "avx512";
#if defined(__AVX2__)
  return "avx2";
#else
  if (isa == VectorIsa::avx2) return "avx2";
#if defined(__AVX__)
  return "avx";
#elif defined(__x86_64__)
  return "sse2";
#elif defined(__aarch64__)
  return "neon";
#else
  return "portable";
#endif
#endif
#endif
}

bool cpu_runs(VectorIsa isa) {
  if (isa == VectorIsa::baseline) return true;
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("fma") || !cpu_has_f16c()) return false;
  if (isa == VectorIsa::avx2) return true;
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
#else
  return false;
#endif
}

VectorIsa choose_vector_isa() {
  if (const char* text = std::getenv(isa_variable); text != nullptr && *text != '\0') {
    const std::string_view name = text;
    // Backwards: of those that have the same name, because the compiler may assume it, any will do that runs.
    const auto found =
        std::find_if(all_isas.rbegin(), all_isas.rend(), [&](VectorIsa isa) { return name_of(isa) == name; });
    if (found == all_isas.rend()) {
      std::string known;
      for (const VectorIsa isa : all_isas) {
        if (known.find(name_of(isa)) == std::string::npos)
          known += (known.empty() ? "" : ", ") + std::string(name_of(isa));
      }
      throw Error(std::string(isa_variable) + "=" + text + ": no such vector instruction set; known here: " + known);
    }
    if (!cpu_runs(*found)) throw Error(std::string(isa_variable) + "=" + text + ": this CPU cannot run it");
    return *found;
  }
  return *std::find_if(all_isas.rbegin(), all_isas.rend(), cpu_runs);
}

VectorIsa common_vector_isa(std::span<const VectorIsa> chosen) {
  return *std::min_element(chosen.begin(), chosen.end());
}

VectorIsa vector_isa() {
  const VectorKernels& kernels = vector_kernels();
  return *std::find_if(all_isas.begin(), all_isas.end(), [&](VectorIsa isa) { return &kernels_of(isa) == &kernels; });
}

void use_vector_isa(VectorIsa isa) { kernels_in_use.store(&kernels_of(isa), std::memory_order_release); }

const VectorKernels& vector_kernels() {
  const VectorKernels* kernels = kernels_in_use.load(std::memory_order_acquire);
  if (kernels == nullptr) {
    // Another thread may have chosen meanwhile, and then its choice is `kernels` and stays.
    const VectorKernels* const chosen = &kernels_of(choose_vector_isa());
    if (kernels_in_use.compare_exchange_strong(kernels, chosen, std::memory_order_acq_rel)) kernels = chosen;
  }
  return *kernels;
}

}  // namespace tally

#include "pipeline/kernel_choice.hpp"

#include <cstdlib>
#include <string>

namespace tally::pipeline {
namespace {

/// Takes a variable out of the environment, and puts it back in the end.
class WithoutVariable {
 public:
  WithoutVariable(const char* name, const char* value) : name_(name), value_(value) { unsetenv(name); }
  ~WithoutVariable() { setenv(name_, value_.c_str(), 1); }
  WithoutVariable(const WithoutVariable&) = delete;
  WithoutVariable& operator=(const WithoutVariable&) = delete;

 private:
  const char* name_;
  std::string value_;
};

/// What `choose` returns without the variable; `chosen`, which it returned with it, where it is not set.
template <class Chosen>
Chosen unforced(const char* variable, const Chosen& chosen, Chosen (*choose)()) {
  const char* value = std::getenv(variable);
  if (value == nullptr || *value == '\0') return chosen;
  const WithoutVariable without(variable, value);
  return choose();
}

}  // namespace

KernelChoice choose_kernels() {
  KernelChoice choice;
  choice.blis = choose_blis_configuration();
  choice.isa = choose_vector_isa();
  choice.unforced_blis = unforced("BLIS_ARCH_TYPE", choice.blis, choose_blis_configuration);
  choice.unforced_isa = unforced("TALLY_VECTOR_ISA", choice.isa, choose_vector_isa);
  return choice;
}

}  // namespace tally::pipeline

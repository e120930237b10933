// The machine's integers, globals and calls: what an opcode asks for, found on the allow-list or refused.
#include <fmt/format.h>

#include "io/pickle_machine.hpp"
#include "io/pickle_numpy.hpp"

namespace tally::io {

void PickleMachine::push_long(std::size_t size) {
  if (size > 8) fail(fmt::format("has an integer of {} bytes", size));
  std::uint64_t number = input_.take_unsigned(size);
  const bool negative = size > 0 && (number >> (8 * size - 1) & 1U) != 0;
  if (negative && size < 8) number |= ~std::uint64_t{0} << (8 * size);
  push_new(static_cast<std::int64_t>(number));
}

void PickleMachine::push_global(std::string_view module, std::string_view name) {
  const auto global = find_global(module, name);
  if (!global) input_.refuse(opcode_at_, fmt::format("asks for {}.{}", printable(module), printable(name)));
  push_new(*global);
}

void PickleMachine::reduce() {
  const std::vector<PickleRef> operands = pop_items(2);
  const auto* global = std::get_if<PickleGlobal>(&arena_[operands[0]]);
  const auto* arguments = std::get_if<PickleTuple>(&arena_[operands[1]]);
  if (global == nullptr || arguments == nullptr) fail("calls something that is no function of NumPy's");
  try {
    push_new(call_global(arena_, *global, *arguments));
  } catch (const PickleFault& fault) {
    fail(fault.what);
  }
}

void PickleMachine::build_top() {
  const PickleRef state_at = pop();
  const auto* state = std::get_if<PickleTuple>(&arena_[state_at]);
  if (state == nullptr) fail("builds from something other than a tuple");
  try {
    build(arena_, arena_[top()], *state);
  } catch (const PickleFault& fault) {
    fail(fault.what);
  }
}

}  // namespace tally::io

#include "io/pickle_machine.hpp"

#include <fmt/format.h>

#include <bit>

#include "io/pickle_numpy.hpp"

namespace tally::io {

PickleRef PickleMachine::run() {
  while (true) {
    opcode_at_ = input_.position();
    const auto opcode = static_cast<PickleOpcode>(input_.take_unsigned(1));
    if (opcode == PickleOpcode::stop) break;
    execute(opcode);
  }
  const PickleRef root = pop();
  if (!stack_.empty() || !marks_.empty()) fail("ends with more than one value");
  if (input_.left() > 0) fail(fmt::format("ends, but {} more bytes follow,", input_.left()));
  return root;
}

// The groups share one default: an opcode that no group knows is refused by the last.
void PickleMachine::execute(PickleOpcode opcode) { execute_number(opcode); }

void PickleMachine::execute_number(PickleOpcode opcode) {
  switch (opcode) {
    case PickleOpcode::none:
      return push_new(PickleNone{});
    case PickleOpcode::newtrue:
      return push_new(true);
    case PickleOpcode::newfalse:
      return push_new(false);
    case PickleOpcode::binint:
      return push_new(std::int64_t{input_.take_int32()});
    case PickleOpcode::binint1:
      return push_new(static_cast<std::int64_t>(input_.take_unsigned(1)));
    case PickleOpcode::binint2:
      return push_new(static_cast<std::int64_t>(input_.take_unsigned(2)));
    case PickleOpcode::long1:
      return push_long(static_cast<std::size_t>(input_.take_unsigned(1)));
    case PickleOpcode::long4:
      return push_long(static_cast<std::size_t>(input_.take_unsigned(4)));
    case PickleOpcode::binfloat: {
      std::uint64_t bits = 0;  // the one number that is big-endian
      for (const char byte : input_.take(8)) bits = bits << 8U | static_cast<unsigned char>(byte);
      return push_new(std::bit_cast<double>(bits));
    }
    default:
      return execute_bytes(opcode);
  }
}

void PickleMachine::execute_bytes(PickleOpcode opcode) {
  switch (opcode) {
    case PickleOpcode::short_binunicode:
      return push_new(PickleText{input_.take(input_.take_unsigned(1))});
    case PickleOpcode::binunicode:
      return push_new(PickleText{input_.take(input_.take_unsigned(4))});
    case PickleOpcode::binunicode8:
      return push_new(PickleText{input_.take(input_.take_unsigned(8))});
    case PickleOpcode::short_binbytes:
      return push_new(PickleBinary{input_.take(input_.take_unsigned(1)), false, false});
    case PickleOpcode::binbytes:
      return push_new(PickleBinary{input_.take(input_.take_unsigned(4)), false, false});
    case PickleOpcode::binbytes8:
    case PickleOpcode::bytearray8:
      return push_new(PickleBinary{input_.take(input_.take_unsigned(8)), false, false});
    case PickleOpcode::short_binstring:
      return push_new(PickleBinary{input_.take(input_.take_unsigned(1)), false, true});
    case PickleOpcode::binstring: {
      const std::int32_t size = input_.take_int32();
      if (size < 0) fail("has text of negative length");
      return push_new(PickleBinary{input_.take(static_cast<std::uint64_t>(size)), false, true});
    }
    default:
      return execute_container(opcode);
  }
}

void PickleMachine::execute_container(PickleOpcode opcode) {
  switch (opcode) {
    case PickleOpcode::empty_tuple:
      return push_new(PickleTuple{});
    case PickleOpcode::tuple1:
      return push_new(PickleTuple{pop_items(1)});
    case PickleOpcode::tuple2:
      return push_new(PickleTuple{pop_items(2)});
    case PickleOpcode::tuple3:
      return push_new(PickleTuple{pop_items(3)});
    case PickleOpcode::tuple:
      return push_new(PickleTuple{pop_to_mark()});
    case PickleOpcode::empty_list:
      return push_new(PickleList{});
    case PickleOpcode::list:
      return push_new(PickleList{pop_to_mark()});
    case PickleOpcode::append:
      return extend_list(pop_items(1));
    case PickleOpcode::appends:
      return extend_list(pop_to_mark());
    case PickleOpcode::empty_dict:
      return push_new(PickleDict{});
    case PickleOpcode::dict: {
      const std::vector<PickleRef> items = pop_to_mark();
      push_new(PickleDict{});
      return extend_dict(items);
    }
    case PickleOpcode::setitem:
      return extend_dict(pop_items(2));
    case PickleOpcode::setitems:
      return extend_dict(pop_to_mark());
    default:
      return execute_stack(opcode);
  }
}

void PickleMachine::execute_stack(PickleOpcode opcode) {
  switch (opcode) {
    case PickleOpcode::mark:
      if (marks_.size() >= most_values) fail("has too many marks");
      return marks_.push_back(stack_.size());
    case PickleOpcode::pop:
      // As Python does: a POP right above a MARK takes the mark.
      if (!marks_.empty() && marks_.back() == stack_.size()) return marks_.pop_back();
      pop();
      return;
    case PickleOpcode::pop_mark:
      pop_to_mark();
      return;
    case PickleOpcode::dup:
      return push(top());
    case PickleOpcode::binput:
      return put(input_.take_unsigned(1));
    case PickleOpcode::long_binput:
      return put(input_.take_unsigned(4));
    case PickleOpcode::memoize:
      return put(memo_.size());
    case PickleOpcode::binget:
      return get(input_.take_unsigned(1));
    case PickleOpcode::long_binget:
      return get(input_.take_unsigned(4));
    default:
      return execute_object(opcode);
  }
}

void PickleMachine::execute_object(PickleOpcode opcode) {
  switch (opcode) {
    case PickleOpcode::proto: {
      const std::uint64_t protocol = input_.take_unsigned(1);
      if (protocol < 2 || protocol > 5) fail(fmt::format("is of protocol {}, not 2 to 5,", protocol));
      return;
    }
    case PickleOpcode::frame: {
      const std::uint64_t size = input_.take_unsigned(8);
      if (size > input_.left())
        fail(fmt::format("has a frame of {} bytes, of which {} are there,", size, input_.left()));
      return;
    }
    case PickleOpcode::global:
    case PickleOpcode::inst: {
      const std::string_view module = input_.take_line();
      push_global(module, input_.take_line());
      if (opcode == PickleOpcode::inst) input_.refuse(opcode_at_, "uses INST");
      return;
    }
    case PickleOpcode::stack_global: {
      const std::vector<PickleRef> names = pop_items(2);
      const auto module = text_of(arena_[names[0]]);
      const auto name = text_of(arena_[names[1]]);
      if (!module || !name) fail("names a global by something other than text");
      return push_global(*module, *name);
    }
    case PickleOpcode::reduce:
      return reduce();
    case PickleOpcode::build:
      return build_top();
    default:
      input_.refuse(opcode_at_, "uses " + refused_opcode_name(static_cast<unsigned char>(opcode)));
  }
}

}  // namespace tally::io

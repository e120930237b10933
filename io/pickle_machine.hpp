// The pickle machine: a stack, a memo and an arena of values. It reads opcodes and executes nothing.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "io/pickle_bytes.hpp"
#include "io/pickle_opcodes.hpp"
#include "io/pickle_value.hpp"

namespace tally::io {

/// One run over one pickle; `file` and `bytes` must outlive it, and the values refer to the bytes.
class PickleMachine {
 public:
  /// Values, stack entries and memo entries are each bounded by this: some 6000 arrays.
  static constexpr std::size_t most_values = 200'000;

  PickleMachine(const std::string& file, std::string_view bytes) : input_(file, bytes) {}

  /// Runs to STOP and returns the value that is left. Error, naming file and byte, for a global or opcode that is not
  /// allowed, for anything damaged or truncated, and for bytes after STOP.
  PickleRef run();

  const PickleArena& arena() const { return arena_; }

 private:
  void execute(PickleOpcode opcode);
  void execute_number(PickleOpcode opcode);
  void execute_bytes(PickleOpcode opcode);
  void execute_container(PickleOpcode opcode);
  void execute_stack(PickleOpcode opcode);
  void execute_object(PickleOpcode opcode);

  [[noreturn]] void fail(const std::string& what) const { input_.fail(opcode_at_, what); }
  void push(PickleRef value);
  void push_new(PickleValue value);
  PickleRef pop();
  PickleRef top() const;
  std::vector<PickleRef> pop_items(std::size_t count);
  std::vector<PickleRef> pop_to_mark();
  void put(std::uint64_t index);
  void get(std::uint64_t index);
  void extend_list(const std::vector<PickleRef>& items);
  void extend_dict(const std::vector<PickleRef>& items);
  void push_long(std::size_t size);
  void push_global(std::string_view module, std::string_view name);
  void reduce();
  void build_top();

  PickleBytes input_;
  std::size_t opcode_at_ = 0;  // the byte of the opcode that is being executed
  PickleArena arena_;
  std::vector<PickleRef> stack_;
  std::vector<std::size_t> marks_;  // sizes of the stack where MARK was executed
  std::unordered_map<std::uint64_t, PickleRef> memo_;
};

}  // namespace tally::io

// The machine's stack, marks, memo and containers; every access is checked.
#include <fmt/format.h>

#include <iterator>
#include <utility>

#include "io/pickle_machine.hpp"

namespace tally::io {

void PickleMachine::push(PickleRef value) {
  if (stack_.size() >= most_values) fail(fmt::format("piles up more than {} values", most_values));
  stack_.push_back(value);
}

void PickleMachine::push_new(PickleValue value) {
  if (arena_.size() >= most_values) fail(fmt::format("holds more than {} values", most_values));
  arena_.push_back(std::move(value));
  push(static_cast<PickleRef>(arena_.size() - 1));
}

PickleRef PickleMachine::top() const {
  // What lies below the last mark belongs to a container that is not finished.
  const std::size_t floor = marks_.empty() ? 0 : marks_.back();
  if (stack_.size() <= floor) fail("takes a value that is not there");
  return stack_.back();
}

PickleRef PickleMachine::pop() {
  const PickleRef value = top();
  stack_.pop_back();
  return value;
}

std::vector<PickleRef> PickleMachine::pop_items(std::size_t count) {
  std::vector<PickleRef> items(count);
  for (std::size_t i = count; i-- > 0;) items[i] = pop();
  return items;
}

std::vector<PickleRef> PickleMachine::pop_to_mark() {
  if (marks_.empty()) fail("takes values up to a mark that is not there");
  const auto first = stack_.begin() + static_cast<std::ptrdiff_t>(marks_.back());
  std::vector<PickleRef> items(first, stack_.end());
  stack_.erase(first, stack_.end());
  marks_.pop_back();
  return items;
}

void PickleMachine::put(std::uint64_t index) {
  if (memo_.size() >= most_values) fail(fmt::format("remembers more than {} values", most_values));
  memo_[index] = top();
}

void PickleMachine::get(std::uint64_t index) {
  const auto found = memo_.find(index);
  if (found == memo_.end()) fail(fmt::format("recalls value {}, which was never stored,", index));
  push(found->second);
}

void PickleMachine::extend_list(const std::vector<PickleRef>& items) {
  auto* list = std::get_if<PickleList>(&arena_[top()]);
  if (list == nullptr) fail("appends to something that is no list");
  list->items.insert(list->items.end(), items.begin(), items.end());
}

void PickleMachine::extend_dict(const std::vector<PickleRef>& items) {
  auto* dict = std::get_if<PickleDict>(&arena_[top()]);
  if (dict == nullptr) fail("sets an item of something that is no dict");
  if (items.size() % 2 != 0) fail("has a key without a value");
  dict->items.insert(dict->items.end(), items.begin(), items.end());
}

}  // namespace tally::io

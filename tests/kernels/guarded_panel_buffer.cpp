// Takes the place of kernels/panel_buffer.cpp: the linker finds these definitions first.
#include "tests/kernels/guarded_panel_buffer.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <map>
#include <mutex>
#include <new>

#include "kernels/panel_buffer.hpp"

namespace tally {
namespace {

/// The pages of a buffer and what lies in them beside it, none of which may be written.
struct Guarded {
  GuardedPages pages;
  std::byte* begin;
  std::byte* end;

  bool untouched_around() const {
    const auto is_zero = [](std::byte b) { return b == std::byte{0}; };
    return std::all_of(pages.begin(), begin, is_zero) && std::all_of(end, pages.end(), is_zero);
  }
};

std::mutex mutex;
std::map<const float*, Guarded> buffers;
Guard guard = Guard::after;
Index made = 0;
Index until_failure = 0;

}  // namespace

void set_panel_buffer_guard(Guard where) {
  const std::lock_guard lock(mutex);
  guard = where;
}

Index panel_buffers_made() {
  const std::lock_guard lock(mutex);
  return made;
}

void fail_panel_buffer(Index n) {
  const std::lock_guard lock(mutex);
  until_failure = n;
}

PanelBuffer::PanelBuffer(Index count, Contents contents) {
  constexpr std::size_t alignment = 64;
  const std::size_t bytes = static_cast<std::size_t>(count) * sizeof(float);
  // Rounded up, so that a buffer that ends where its pages do starts where it should.
  const std::size_t readable = (bytes + padding * sizeof(float) + alignment - 1) / alignment * alignment;
  const std::lock_guard lock(mutex);
  if (until_failure > 0 && --until_failure == 0) throw std::bad_alloc();
  GuardedPages pages(readable);
  std::byte* const begin = guard == Guard::before ? pages.begin() : pages.end() - readable;
  data_.reset(reinterpret_cast<float*>(begin));
  // What is read before it is written shows.
  if (contents == Contents::none) std::fill_n(data_.get(), count, std::numeric_limits<float>::quiet_NaN());
  buffers.emplace(data_.get(), Guarded{std::move(pages), begin, begin + bytes});
  ++made;
}

void PanelBuffer::Free::operator()(float* p) const {
  const std::lock_guard lock(mutex);
  const auto found = buffers.find(p);
  if (found == buffers.end() || !found->second.untouched_around()) {
    std::fputs("a panel buffer was written beside its elements\n", stderr);
    std::abort();
  }
  buffers.erase(found);
}

}  // namespace tally

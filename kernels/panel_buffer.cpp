#include "kernels/panel_buffer.hpp"

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <new>

namespace tally {

PanelBuffer::PanelBuffer(Index count, Contents contents) {
  constexpr std::size_t alignment = 64;
  const std::size_t bytes = static_cast<std::size_t>(count + padding) * sizeof(float);
  const std::size_t rounded = (bytes + alignment - 1) / alignment * alignment;
  void* memory = std::aligned_alloc(alignment, rounded);
  if (memory == nullptr) throw std::bad_alloc();
  const std::size_t kept = contents == Contents::none ? static_cast<std::size_t>(count) * sizeof(float) : 0;
  std::memset(static_cast<std::byte*>(memory) + kept, 0, rounded - kept);
  data_.reset(static_cast<float*>(memory));
}

void PanelBuffer::Free::operator()(float* p) const { std::free(p); }

}  // namespace tally

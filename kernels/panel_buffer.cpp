#include "kernels/panel_buffer.hpp"

#include <cstddef>
#include <cstring>

#include "kernels/large_memory.hpp"

namespace tally {

PanelBuffer::PanelBuffer(Index count, Contents contents) {
  const std::size_t bytes = static_cast<std::size_t>(count + padding) * sizeof(float);
  LargeMemory memory = allocate_large(bytes);
  const std::size_t kept = contents == Contents::none ? static_cast<std::size_t>(count) * sizeof(float) : 0;
  std::memset(static_cast<std::byte*>(memory.get()) + kept, 0, bytes - kept);
  data_.reset(static_cast<float*>(memory.release()));
}

void PanelBuffer::Free::operator()(float* p) const { FreeMemory()(p); }

}  // namespace tally

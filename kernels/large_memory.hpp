// Memory that is gone through from one end to the other: rows, weights, panels.
#pragma once

#include <cstddef>
#include <memory>

namespace tally {

struct FreeMemory {
  void operator()(void* memory) const;
};
using LargeMemory = std::unique_ptr<void, FreeMemory>;

/// `bytes` bytes, not initialised, on a 64-byte boundary; from 2 MiB on in huge pages where the system gives them. With
/// pages of 4 KiB every row or two, and every two or three tiles of weights, would need an address translation, which
/// under a hypervisor costs as much as some hundred multiply-adds. Throws std::bad_alloc.
LargeMemory allocate_large(std::size_t bytes);

}  // namespace tally

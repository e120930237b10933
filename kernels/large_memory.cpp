#include "kernels/large_memory.hpp"

#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>
#include <new>

namespace tally {

LargeMemory allocate_large(std::size_t bytes) {
  constexpr std::size_t line = 64;
  constexpr std::size_t huge_page = std::size_t{2} << 20;
  const std::size_t alignment = bytes >= huge_page ? huge_page : line;
  if (bytes > SIZE_MAX - alignment) throw std::bad_alloc();
  LargeMemory memory(std::aligned_alloc(alignment, (bytes + alignment - 1) / alignment * alignment));
  if (!memory) throw std::bad_alloc();
  // A wish: where it is not granted, everything works as before. The last page is left out unless most of it is used.
  const std::size_t pages = (bytes + huge_page / 2) / huge_page;
  if (alignment == huge_page) madvise(memory.get(), pages * huge_page, MADV_HUGEPAGE);
  return memory;
}

void FreeMemory::operator()(void* memory) const { std::free(memory); }

}  // namespace tally

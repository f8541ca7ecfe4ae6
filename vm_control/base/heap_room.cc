// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/base/heap_room.h"

#include <sys/mman.h>
#include <sys/resource.h>

#include <cstddef>

namespace vm_control {
namespace {

constexpr size_t kRoom = size_t{16} << 20;

bool is_limited(__rlimit_resource resource) {
  rlimit limit{};
  return getrlimit(resource, &limit) == 0 && limit.rlim_cur != RLIM_INFINITY;
}

}  // namespace

// Only the kernel knows what counts, so it is asked for memory of the heap's kind.
Result<void> check_heap_room() {
  if (!is_limited(RLIMIT_AS) && !is_limited(RLIMIT_DATA)) return {};
  constexpr int kFlags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  void* room = mmap(nullptr, kRoom, PROT_READ | PROT_WRITE, kFlags, -1, 0);
  if (room == MAP_FAILED) return fail_errno("keep room for the heap (see ulimit -v and ulimit -d)");
  munmap(room, kRoom);
  return {};
}

}  // namespace vm_control

// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/client/dirty_log.h"

#include <fcntl.h>
#include <unistd.h>

namespace vm_control {

CallResult<std::vector<uint64_t>> read_bitmap(const response::DirtyLog& log, uint64_t pages) {
  constexpr uint64_t kWordBits = 64;
  auto fail_with = [](const char* action) {
    return fail_call(CallError::Kind::kProtocol, Error(EPROTO, action));
  };
  if (pages > kMaxLoggedPages) return fail_with("read the dirty log of a region so large");
  // Only shared memory has seals. A read of any other file may take as long as a peer likes.
  if (fcntl(log.bitmap.get(), F_GET_SEALS) < 0) return fail_with("read a dirty log from no memory");
  std::vector<uint64_t> words((pages + kWordBits - 1) / kWordBits);
  size_t size = words.size() * sizeof(uint64_t);
  bool is_whole = log.bitmap_bytes >= size &&
                  pread(log.bitmap.get(), words.data(), size, 0) == static_cast<ssize_t>(size);
  if (!is_whole) return fail_with("read a dirty log to its end");
  return words;
}

}  // namespace vm_control

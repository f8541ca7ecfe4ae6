// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/gpu_buffer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "vm_control/base/memory_mapping.h"
#include "vm_control/base/try.h"

namespace vm_control::vmctl {
namespace {

// Only shared memory has seals.
bool is_shared_memory(int buffer) {
  return fcntl(buffer, F_GET_SEALS) >= 0;
}

}  // namespace

uint64_t max_buffer_size(uint32_t width, uint32_t height) {
  // No pixel has more bytes. Drivers round both sides up, to the size of a tile.
  constexpr uint64_t kPixelBytes = 16;
  constexpr uint64_t kTile = 256;
  // Larger sides than that are for no GPU, and would overflow.
  constexpr uint64_t kMaxSide = 1 << 20;
  auto padded = [&](uint64_t side) { return std::min(side, kMaxSide) + kTile; };
  return padded(width) * padded(height) * kPixelBytes;
}

Result<uint64_t> buffer_size(int buffer, uint64_t most) {
  struct statx status {};
  constexpr int kFlags = AT_EMPTY_PATH | AT_STATX_DONT_SYNC;
  if (statx(buffer, "", kFlags, STATX_TYPE | STATX_SIZE, &status) < 0) {
    return fail(EPROTO, "find the size of a GPU buffer");
  }
  // A dma-buf has a size but no file type.
  bool is_dma_buf = (status.stx_mode & S_IFMT) == 0 && status.stx_size > 0;
  if (!is_dma_buf && !is_shared_memory(buffer)) return fail(EPROTO, "use a file as a GPU buffer");
  if (status.stx_size > most) return fail(EPROTO, "use a GPU buffer so large");
  return status.stx_size;
}

Result<BufferFile> BufferFile::open(const std::string& path) {
  // Without waiting for a reader, if it is a FIFO.
  constexpr int kFlags = O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  UniqueFd fd(::open(path.c_str(), kFlags | O_CREAT | O_EXCL, 0666));
  bool is_new = static_cast<bool>(fd);
  if (!is_new && errno == EEXIST) fd = UniqueFd(::open(path.c_str(), kFlags));
  if (!fd) return fail_errno("open for writing", path);
  fcntl(fd.get(), F_SETFL, 0);
  return BufferFile(std::move(fd), path, is_new);
}

BufferFile::~BufferFile() {
  if (fd_ && is_new_) unlink(path_.c_str());
}

Result<void> BufferFile::save(int buffer, uint64_t size) {
  // Only regular files have a size to set, and an old content.
  if (ftruncate(fd_.get(), 0) < 0 && errno != EINVAL) return fail_errno("empty", path_);
  if (is_shared_memory(buffer)) {
    TRY(copy(buffer, size));
  } else {
    MemoryMapping mapping = TRY(MemoryMapping::shared(buffer, 0, size));
    TRY(append({mapping.data(), size}));
  }
  return {};
}

Result<void> BufferFile::append(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    ssize_t count = write(fd_.get(), bytes.data(), bytes.size());
    if (count < 0) return fail_errno("write", path_);
    bytes = bytes.subspan(static_cast<size_t>(count));
  }
  return {};
}

Result<void> BufferFile::copy(int buffer, uint64_t size) {
  std::array<std::byte, 65536> part;
  for (uint64_t done = 0; done < size;) {
    size_t wanted = std::min<uint64_t>(part.size(), size - done);
    ssize_t count = pread(buffer, part.data(), wanted, static_cast<off_t>(done));
    if (count <= 0) return fail(EPROTO, "read a GPU buffer to its end");
    TRY(append(std::span(part).first(static_cast<size_t>(count))));
    done += static_cast<uint64_t>(count);
  }
  return {};
}

}  // namespace vm_control::vmctl

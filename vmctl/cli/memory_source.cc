// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/memory_source.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>

#include <limits>

#include "vm_control/base/page.h"
#include "vm_control/base/shared_memory.h"
#include "vm_control/base/try.h"
#include "vmctl/cli/quantity.h"

namespace vm_control::vmctl {
namespace {

Result<uint64_t> parse_pages(const std::string& text, const char* action) {
  uint64_t bytes = TRY(parse_size(text));
  if (bytes % kPageSize) return fail(EINVAL, action, text);
  return bytes;
}

Result<Source> create_memfd(const std::string& text) {
  uint64_t size = TRY(parse_size(text));
  constexpr uint64_t kMost = std::numeric_limits<off_t>::max();
  if (size == 0) return fail(EINVAL, "create a memfd without a byte:", text);
  if (size % kPageSize) {
    return fail(EINVAL, "create a memfd whose size is not a multiple of 4096:", text);
  }
  if (size > kMost) return fail(ERANGE, "create a memfd of more than 8388607T:", text);
  SharedMemory memory = TRY(SharedMemory::create("vmctl", size));
  return Source{.fd = std::move(memory).take_fd(), .size = size};
}

// The part of a file of `available` bytes that `options` ask for.
Result<Source> cut(const SourceOptions& options, UniqueFd fd, uint64_t available) {
  Source source{.fd = std::move(fd)};
  if (!options.offset.empty()) {
    source.offset =
        TRY(parse_pages(options.offset, "start at an offset that is not a multiple of 4096:"));
  }
  if (source.offset >= available && available > 0) {
    return fail(EINVAL, "start past the end of a file:",
                fmt::format("{} ({} bytes)", options.file, available));
  }
  source.size = available - source.offset;
  if (!options.size.empty()) {
    source.size = TRY(parse_pages(options.size, "take a size that is not a multiple of 4096:"));
  }
  if (source.size > available - source.offset) {
    return fail(EINVAL, "read past the end of a file:",
                fmt::format("{} ({} bytes)", options.file, available));
  }
  return source;
}

Result<Source> open_file(const SourceOptions& options) {
  // Without waiting for a writer, if it is a FIFO.
  constexpr int kFlags = O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  const std::string& path = options.file;
  UniqueFd fd(open(path.c_str(), (options.read_only ? O_RDONLY : O_RDWR) | kFlags));
  struct stat status {};
  if (!fd || fstat(fd.get(), &status) < 0) {
    return fail_errno(options.read_only ? "open for reading" : "open for reading and writing",
                      path);
  }
  auto available = static_cast<uint64_t>(status.st_size);
  Source source = TRY(cut(options, std::move(fd), available));
  if (!S_ISREG(status.st_mode)) return fail(EINVAL, "map what is no regular file:", path);
  if (source.size == 0) {
    return fail(EINVAL, available > 0 ? "map 0 bytes of a file:" : "map an empty file:", path);
  }
  if (source.size % kPageSize) {
    return fail(EINVAL, "register a file whose size is not a multiple of 4096:",
                fmt::format("{} ({} bytes)", path, source.size));
  }
  return source;
}

}  // namespace

void SourceOptions::add_to(Command command) {
  command.add_optional_argument("FILE", file, "A file whose size is a multiple of 4096");
  command.add_option("--memfd SIZE", memfd_size, "New anonymous memory instead: 4K, 1M");
}

Result<Source> open_source(const SourceOptions& options) {
  if (options.file.empty() == options.memfd_size.empty()) {
    return fail(EINVAL, "tell which memory: give either a FILE or --memfd SIZE");
  }
  if (!options.file.empty()) return open_file(options);
  if (!options.offset.empty() || !options.size.empty()) {
    return fail(EINVAL, "take a part of new memory: --memfd goes without --offset and --size");
  }
  return create_memfd(options.memfd_size);
}

}  // namespace vm_control::vmctl

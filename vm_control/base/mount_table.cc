// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/base/mount_table.h"

#include <fcntl.h>
#include <unistd.h>

#include <charconv>

namespace vm_control {
namespace {

// The whole file, or the part before an error.
std::string read_all(int file) {
  constexpr size_t kStep = size_t{64} << 10;
  std::string text;
  for (size_t size = 0;;) {
    text.resize(size + kStep);
    ssize_t got = pread(file, text.data() + size, kStep, static_cast<off_t>(size));
    size += got > 0 ? static_cast<size_t>(got) : 0;
    text.resize(size);
    if (got <= 0) return text;
  }
}

std::string_view take_until(std::string_view& text, std::string_view end) {
  size_t at = text.find(end);
  std::string_view taken = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + end.size());
  return taken;
}

bool names(std::string_view number, uint64_t mount) {
  uint64_t value = 0;
  auto [end, error] = std::from_chars(number.begin(), number.end(), value);
  return error == std::errc() && end == number.end() && value == mount;
}

}  // namespace

Result<MountTable> MountTable::create() {
  UniqueFd file(open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC));
  if (!file) return fail_errno("open", "/proc/self/mountinfo");
  return MountTable(std::move(file));
}

std::optional<std::string> MountTable::type_of(const struct statx& file) const {
  std::string device =
      std::to_string(file.stx_dev_major) + ":" + std::to_string(file.stx_dev_minor);
  return find_mount_type(read_all(file_.get()), file.stx_mnt_id, device);
}

// 36 35 98:0 /root /mount/point rw,noatime master:1 - ext4 /dev/root rw,errors=continue
// Spaces in names are escaped, so the first lone dash is the one before the type.
std::optional<std::string> find_mount_type(std::string_view table, uint64_t mount,
                                           std::string_view device) {
  std::optional<std::string> type_of_device;
  while (!table.empty()) {
    std::string_view line = take_until(table, "\n");
    bool is_mount = names(take_until(line, " "), mount);
    take_until(line, " ");
    bool is_device = take_until(line, " ") == device;
    if (!is_mount && !is_device) continue;
    take_until(line, " - ");
    std::string_view type = take_until(line, " ");
    if (is_mount) return type.empty() ? std::nullopt : std::optional<std::string>(type);
    if (!type.empty()) type_of_device = type;
  }
  return type_of_device;
}

}  // namespace vm_control

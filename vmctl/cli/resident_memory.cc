// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/cli/resident_memory.h"

#include <charconv>
#include <fstream>
#include <iterator>
#include <string>

#include "vm_control/transport/peer_credentials.h"

namespace vm_control::vmctl {
namespace {

// The bytes in the line "NAME:      1234 kB".
std::optional<uint64_t> find_kilobytes(std::string_view status, std::string_view name) {
  std::string title = "\n" + std::string(name) + ":";
  size_t at = status.find(title);
  if (at == std::string_view::npos) return std::nullopt;
  std::string_view line = status.substr(at + title.size());
  line.remove_prefix(std::min(line.find_first_not_of("\t "), line.size()));
  uint64_t kilobytes = 0;
  auto [end, error] = std::from_chars(line.data(), line.data() + line.size(), kilobytes);
  if (error != std::errc()) return std::nullopt;
  return kilobytes * 1024;
}

}  // namespace

std::optional<uint64_t> resident_memory(const Client& vm, uint32_t pid) {
  auto server = peer_credentials(vm.fd());
  if (!server || server->pid <= 0 || static_cast<uint32_t>(server->pid) != pid) {
    return std::nullopt;
  }
  std::ifstream file("/proc/" + std::to_string(pid) + "/status");
  std::string text{std::istreambuf_iterator<char>(file), {}};
  return find_resident_memory(text);
}

std::optional<uint64_t> find_resident_memory(std::string_view status) {
  auto anonymous = find_kilobytes(status, "RssAnon");
  if (!anonymous) return std::nullopt;
  // A kernel without huge pages has no line for them.
  return *anonymous + find_kilobytes(status, "HugetlbPages").value_or(0);
}

}  // namespace vm_control::vmctl

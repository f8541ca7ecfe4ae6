// SPDX-License-Identifier: BSD-3-Clause
// Helpers for tests that count descriptors, or send more descriptors than the protocol allows.
#pragma once

#include <sys/socket.h>

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <span>
#include <vector>

namespace vm_control {

// The number of descriptors that this process has open.
inline size_t count_open_fds() {
  auto entries = std::filesystem::directory_iterator("/proc/self/fd");
  return static_cast<size_t>(std::distance(begin(entries), end(entries)));
}

// Sends one message with all of `fds`, at most 253: the kernel's limit.
inline ssize_t send_with_fds(int socket, std::span<const std::byte> bytes,
                             const std::vector<int>& fds) {
  std::vector<std::byte> control(CMSG_SPACE(fds.size() * sizeof(int)));
  iovec vector{.iov_base = const_cast<std::byte*>(bytes.data()), .iov_len = bytes.size()};
  msghdr header{};
  header.msg_iov = &vector;
  header.msg_iovlen = 1;
  if (!fds.empty()) {
    header.msg_control = control.data();
    header.msg_controllen = control.size();
    cmsghdr* entry = CMSG_FIRSTHDR(&header);
    entry->cmsg_level = SOL_SOCKET;
    entry->cmsg_type = SCM_RIGHTS;
    entry->cmsg_len = CMSG_LEN(fds.size() * sizeof(int));
    std::memcpy(CMSG_DATA(entry), fds.data(), fds.size() * sizeof(int));
  }
  return sendmsg(socket, &header, MSG_NOSIGNAL);
}

}  // namespace vm_control

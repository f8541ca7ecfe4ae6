// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/transport/socket_address.h"

#include <cstddef>

namespace vm_control {

Result<SocketAddress> SocketAddress::from_path(const std::string& path) {
  SocketAddress address;
  if (path.empty()) return fail(EINVAL, "use an empty path as a socket");
  if (path.size() >= sizeof(address.storage_.sun_path)) {
    return fail(ENAMETOOLONG, "use as a socket the path", path);
  }
  path.copy(address.storage_.sun_path, path.size());
  address.size_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size() + 1);
  return address;
}

}  // namespace vm_control

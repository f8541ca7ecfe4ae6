// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/transport/socket_address.h"

#include <cstddef>
#include <string_view>

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

bool SocketAddress::is_path() const {
  return size_ > sizeof(sa_family_t) && storage_.sun_path[0] != '\0';
}

bool SocketAddress::is_autobound() const {
  constexpr size_t kDigits = 5;
  if (size_ != offsetof(sockaddr_un, sun_path) + 1 + kDigits || is_path()) return false;
  std::string_view digits(storage_.sun_path + 1, kDigits);
  return digits.find_first_not_of("0123456789abcdef") == digits.npos;
}

}  // namespace vm_control

// SPDX-License-Identifier: BSD-3-Clause
// Encodes a request, as a client with a transport of its own would.
#include <cstddef>
#include <cstdio>

#include "vm_control/base/shared_memory.h"
#include "vm_control/protocol/request.h"

using vm_control::MaybeOwnedFd;
using vm_control::SharedMemory;

int main() {
  auto memory = SharedMemory::create("consumer", 4096);
  if (!memory) {
    std::fprintf(stderr, "%s\n", memory.error().message().c_str());
    return 1;
  }
  auto encoded = vm_control::encode(
      vm_control::request::RegisterMemory{MaybeOwnedFd::borrow(memory->fd()), memory->size()});
  if (encoded.fd != memory->fd()) return 1;
  for (std::byte byte : encoded.bytes) std::printf("%02x", std::to_integer<unsigned>(byte));
  std::printf("\n");
  return 0;
}

// SPDX-License-Identifier: BSD-3-Clause
// Decodes any bytes as a request. If that succeeds, encoding and decoding must reproduce it.
#include <cstdlib>
#include <span>

#include "vm_control/protocol/request.h"
#include "vm_control/protocol/test_frames.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace vm_control;
  auto bytes = std::as_bytes(std::span(data, size));
  // Decodes without a descriptor, then with one, which must accept at least as much.
  UniqueFd none;
  bool bare = decode_request(bytes, none).has_value();
  UniqueFd fd = open_null();
  auto request = decode_request(bytes, fd);
  if (!request) {
    if (bare || !fd) std::abort();
    return 0;
  }
  // A request that needs no descriptor must not take one.
  if (bare != static_cast<bool>(fd)) std::abort();
  auto canonical = encode(*request).bytes;
  UniqueFd other = open_null();
  auto again = decode_request(canonical, other);
  if (!again || encode(*again).bytes != canonical) std::abort();
  return 0;
}

// SPDX-License-Identifier: BSD-3-Clause
// Any bytes are a request or an error; and what was decoded survives encoding.
#include <cstdlib>
#include <span>

#include "vm_control/protocol/request.h"
#include "vm_control/protocol/test_frames.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace vm_control;
  auto bytes = std::as_bytes(std::span(data, size));
  // Without a descriptor first, then with one: the second accepts all that the first does.
  bool bare = decode_request(bytes, UniqueFd()).has_value();
  auto request = decode_request(bytes, open_null());
  if (!request) {
    if (bare) std::abort();
    return 0;
  }
  auto canonical = encode(*request);
  auto again = decode_request(canonical->bytes, open_null());
  if (!again || encode(*again)->bytes != canonical->bytes) std::abort();
  return 0;
}

// SPDX-License-Identifier: BSD-3-Clause
// Decodes any bytes as a response. If that succeeds, encoding and decoding must reproduce it.
#include <cstdlib>
#include <span>

#include "vm_control/protocol/response.h"
#include "vm_control/protocol/test_frames.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace vm_control;
  auto bytes = std::as_bytes(std::span(data, size));
  bool bare = decode_response(bytes, UniqueFd()).has_value();
  auto response = decode_response(bytes, open_null());
  if (!response) {
    if (bare) std::abort();
    return 0;
  }
  auto canonical = encode(*response).bytes;
  auto again = decode_response(canonical, open_null());
  if (!again || encode(*again).bytes != canonical) std::abort();
  return 0;
}

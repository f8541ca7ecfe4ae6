// SPDX-License-Identifier: BSD-3-Clause
// Decodes any bytes as an event. If that succeeds, encoding and decoding must reproduce it.
#include <cstdlib>
#include <span>

#include "vm_control/protocol/event.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace vm_control;
  auto event = decode_event(std::as_bytes(std::span(data, size)));
  if (!event) return 0;
  auto again = decode_event(encode(*event));
  if (!again || *again != *event) std::abort();
  return 0;
}

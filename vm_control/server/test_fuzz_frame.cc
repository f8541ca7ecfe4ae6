// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/server/test_fuzz_frame.h"

#include "vm_control/base/page.h"
#include "vm_control/protocol/message_type.h"
#include "vm_control/server/test_server.h"

namespace vm_control {
namespace {

constexpr std::array kTypes = {RequestType::kExit,
                               RequestType::kRegisterMemory,
                               RequestType::kUnregisterMemory,
                               RequestType::kBalloonAdjust,
                               RequestType::kAllocateAndRegisterGpuMemory,
                               RequestType::kHello,
                               RequestType::kMapMemory,
                               RequestType::kUnmapMemory,
                               RequestType::kNextRegion,
                               RequestType::kReadDirtyLog,
                               RequestType::kRegisterIoevent,
                               RequestType::kRegisterIrqfd,
                               RequestType::kUnregisterEvent,
                               RequestType::kStatus,
                               RequestType::kPause,
                               RequestType::kResume,
                               RequestType::kSubscribe,
                               RequestType::kOpenSession,
                               RequestType{0},
                               RequestType{0x114}};

constexpr std::array<uint64_t, 8> kSizes = {kPageSize,     2 * kPageSize, 4 * kPageSize, 0,
                                            kPageSize + 1, 2u << 20,      1u << 30,      ~0ull};
constexpr std::array<uint64_t, 8> kAddresses = {TestServer::kWindowStart,
                                                TestServer::kWindowStart + kPageSize,
                                                TestServer::kWindowStart + 3 * kPageSize,
                                                TestServer::kWindowStart + (64u << 20) - kPageSize,
                                                TestServer::kWindowStart + 1,
                                                0,
                                                TestServer::kWindowStart - kPageSize,
                                                ~0ull};
constexpr std::array<uint32_t, 6> kSides = {16, 64, 1, 0, 4096, ~0u};
constexpr std::array<uint32_t, 4> kFormats = {0x34325258, 0x3231564e, 0x36314752, 0};
constexpr std::array<uint32_t, 6> kLengths = {4, 0, 1, 2, 8, 3};

void fill(RequestFrame& frame, RequestType type, FuzzInput& input,
          const std::vector<uint64_t>& handles) {
  switch (type) {
    case RequestType::kRegisterMemory:
      return store(frame, 8, input.one_of(kSizes));
    case RequestType::kUnregisterMemory:
      return store(frame, 4, uint32_t{input.byte()});
    case RequestType::kBalloonAdjust:
      return store(frame, 16, int32_t{input.byte()});
    case RequestType::kAllocateAndRegisterGpuMemory:
      store(frame, 20, input.one_of(kSides));
      store(frame, 24, input.one_of(kSides));
      return store(frame, 28, input.one_of(kFormats));
    case RequestType::kMapMemory: {
      uint8_t flags = input.byte();
      store(frame, 4, uint32_t{flags});
      store(frame, 8, input.one_of(kSizes));
      store(frame, 16, input.byte() % 4 * kPageSize);
      if (flags & 2) store(frame, 24, input.one_of(kAddresses));
      return;
    }
    case RequestType::kUnmapMemory:
    case RequestType::kReadDirtyLog:
    case RequestType::kUnregisterEvent:
      if (!handles.empty()) store(frame, 8, handles[input.below(handles.size())]);
      return;
    case RequestType::kNextRegion: {
      uint8_t flags = input.byte();
      store(frame, 4, uint32_t{flags});
      if (!(flags & 1)) store(frame, 8, input.one_of(kAddresses));
      return;
    }
    case RequestType::kRegisterIoevent: {
      uint8_t flags = input.byte();
      store(frame, 4, uint32_t{flags});
      store(frame, 8, uint64_t{input.byte()});
      if (flags & 2) store(frame, 16, uint64_t{input.byte()});
      return store(frame, 24, input.one_of(kLengths));
    }
    case RequestType::kHello:
    case RequestType::kRegisterIrqfd:
    case RequestType::kSubscribe:
      return store(frame, 4, uint32_t{input.byte()});
    default:
      return;
  }
}

}  // namespace

RequestFrame compose_frame(FuzzInput& input, const std::vector<uint64_t>& handles) {
  RequestFrame frame{};
  RequestType type = input.one_of(kTypes);
  store(frame, 0, static_cast<uint32_t>(type));
  fill(frame, type, input, handles);
  // Now and then one byte is another.
  if (uint8_t change = input.byte(); change >= 0xe0) frame[change % 32] ^= std::byte{input.byte()};
  return frame;
}

}  // namespace vm_control

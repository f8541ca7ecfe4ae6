// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/server/test_fuzz_frame.h"

#include <algorithm>
#include <array>

#include "vm_control/base/page.h"
#include "vm_control/protocol/request.h"
#include "vm_control/server/test_server.h"

namespace vm_control {
namespace {

// The types of all requests, and two that are none.
constexpr auto kFuzzedTypes = [] {
  std::array<uint32_t, kRequestInfos.size() + 2> types{};
  std::ranges::transform(kRequestInfos, types.begin(), &RequestInfo::type);
  types[types.size() - 2] = 0;
  types[types.size() - 1] = 0x114;
  return types;
}();

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

void fill(RequestFrame& frame, uint32_t type, FuzzInput& input,
          const std::vector<uint64_t>& handles) {
  switch (type) {
    case request::RegisterMemory::kType:
      return store(frame, 8, input.one_of(kSizes));
    case request::UnregisterMemory::kType:
      return store(frame, 4, uint32_t{input.byte()});
    case request::BalloonAdjust::kType:
      return store(frame, 16, int32_t{input.byte()});
    case request::BalloonSet::kType:
      return store(frame, 8, input.one_of(kSizes));
    case request::AllocateAndRegisterGpuMemory::kType:
      store(frame, 20, input.one_of(kSides));
      store(frame, 24, input.one_of(kSides));
      return store(frame, 28, input.one_of(kFormats));
    case request::MapMemory::kType: {
      uint8_t flags = input.byte();
      store(frame, 4, uint32_t{flags});
      store(frame, 8, input.one_of(kSizes));
      store(frame, 16, input.byte() % 4 * kPageSize);
      if (flags & 2) store(frame, 24, input.one_of(kAddresses));
      return;
    }
    case request::UnmapMemory::kType:
    case request::ReadDirtyLog::kType:
    case request::UnregisterEvent::kType:
      if (!handles.empty()) store(frame, 8, handles[input.below(handles.size())]);
      return;
    case request::NextRegion::kType: {
      uint8_t flags = input.byte();
      store(frame, 4, uint32_t{flags});
      if (!(flags & 1)) store(frame, 8, input.one_of(kAddresses));
      return;
    }
    case request::RegisterIoevent::kType: {
      uint8_t flags = input.byte();
      store(frame, 4, uint32_t{flags});
      store(frame, 8, uint64_t{input.byte()});
      if (flags & 2) store(frame, 16, uint64_t{input.byte()});
      return store(frame, 24, input.one_of(kLengths));
    }
    case request::Hello::kType:
    case request::RegisterIrqfd::kType:
    case request::Subscribe::kType:
      return store(frame, 4, uint32_t{input.byte()});
    default:
      return;
  }
}

}  // namespace

RequestFrame compose_frame(FuzzInput& input, const std::vector<uint64_t>& handles) {
  RequestFrame frame{};
  uint32_t type = input.one_of(kFuzzedTypes);
  store(frame, 0, type);
  fill(frame, type, input, handles);
  // Now and then one byte is another.
  if (uint8_t change = input.byte(); change >= 0xe0) frame[change % 32] ^= std::byte{input.byte()};
  return frame;
}

}  // namespace vm_control

// SPDX-License-Identifier: BSD-3-Clause
#include "tests/command_line/test_classic_server.h"

#include <cerrno>
#include <optional>

#include "vm_control/protocol/response.h"

namespace vm_control {
namespace {

constexpr size_t kSlotAt = 4;

std::optional<Response> classic_answer(const RequestFrame& request) {
  switch (type_of(request)) {
    case 1:  // Exit
    case 4:  // BalloonAdjust
      return response::Ok{};
    case 2:  // RegisterMemory
      return response::Memory{PageFrameNumber(0x80000), Slot(1)};
    case 3:  // UnregisterMemory
      return load<uint32_t>(request, kSlotAt) == 1 ? Response(response::Ok{})
                                                   : Response(response::Err{ENOENT});
    case 5:  // AllocateAndRegisterGpuMemory
      return response::Err{ENODEV};
    default:
      return std::nullopt;
  }
}

}  // namespace

ClassicServer::ClassicServer(const std::string& path)
    : server_(path, [](int client, const RequestFrame& request) {
        if (auto response = classic_answer(request)) send_response(client, *response);
      }) {}

}  // namespace vm_control

// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/control/executor.h"

#include <utility>

#include "vm_control/base/try.h"

namespace vm_control {
namespace {

struct Execution {
  Executor::Parts& parts;

  Result<Response> operator()(const request::Exit&) const {
    parts.vm.request_exit();
    return response::Ok{};
  }

  Result<Response> operator()(const request::RegisterMemory& request) const {
    auto region = TRY(parts.memory.add(request.fd.get(), request.size));
    return response::Memory{PageFrameNumber::of(region.range.start()), region.slot};
  }

  Result<Response> operator()(const request::UnregisterMemory& request) const {
    TRY(parts.memory.remove(request.slot));
    return response::Ok{};
  }

  Result<Response> operator()(const request::BalloonAdjust& request) const {
    TRY(parts.balloon.adjust(request.num_pages));
    return response::Ok{};
  }

  Result<Response> operator()(const request::AllocateAndRegisterGpuMemory& request) const {
    if (!parts.gpu) return fail(ENODEV, "allocate GPU memory");
    auto buffer = TRY(parts.gpu->allocate(request.width, request.height, request.format));
    auto region = TRY(parts.memory.add(buffer.fd.get(), buffer.size));
    return response::GpuMemory{std::move(buffer.fd), PageFrameNumber::of(region.range.start()),
                               region.slot, buffer.desc};
  }

  Result<Response> operator()(const request::RegisterIoevent& request) const {
    TRY(parts.vm.register_ioevent(request.event.get(), request.ioevent));
    return response::Ok{};
  }

  Result<Response> operator()(const request::RegisterIrqfd& request) const {
    TRY(parts.vm.register_irqfd(request.event.get(), request.gsi));
    return response::Ok{};
  }
};

}  // namespace

Response Executor::execute(const Request& request) {
  auto response = std::visit(Execution{parts_}, request);
  if (!response) return response::Err{response.error().code()};
  return std::move(*response);
}

}  // namespace vm_control

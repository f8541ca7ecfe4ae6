// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/requests/request_rule.h"

namespace vm_control {
namespace {

struct Rules {
  using R = RequestRule;

  R operator()(const request::Exit&) const { return {"Exit", Right::kLifecycle}; }
  R operator()(const request::Pause&) const { return {"Pause", Right::kLifecycle}; }
  R operator()(const request::Resume&) const { return {"Resume", Right::kLifecycle}; }

  R operator()(const request::RegisterMemory&) const { return {"RegisterMemory", Right::kMemory}; }
  R operator()(const request::MapMemory&) const { return {"MapMemory", Right::kMemory}; }
  R operator()(const request::ReadDirtyLog&) const { return {"ReadDirtyLog", Right::kMemory}; }
  // A GPU buffer is memory, too, and goes the same way.
  R operator()(const request::UnregisterMemory&) const {
    return {"UnregisterMemory", Right::kMemory | Right::kGpu};
  }
  R operator()(const request::UnmapMemory&) const {
    return {"UnmapMemory", Right::kMemory | Right::kGpu};
  }
  R operator()(const request::AllocateAndRegisterGpuMemory&) const {
    return {"AllocateAndRegisterGpuMemory", Right::kGpu};
  }

  R operator()(const request::RegisterIoevent&) const {
    return {"RegisterIoevent", Right::kEvents};
  }
  R operator()(const request::RegisterIrqfd&) const { return {"RegisterIrqfd", Right::kEvents}; }
  R operator()(const request::UnregisterEvent&) const {
    return {"UnregisterEvent", Right::kEvents};
  }

  R operator()(const request::BalloonAdjust&) const { return {"BalloonAdjust", Right::kBalloon}; }

  R operator()(const request::Hello&) const { return {"Hello", Right::kObserve}; }
  R operator()(const request::Status&) const { return {"Status", Right::kObserve}; }
  R operator()(const request::NextRegion&) const { return {"NextRegion", Right::kObserve}; }
  R operator()(const request::Subscribe&) const { return {"Subscribe", Right::kObserve}; }

  // The new session may do no more than this one.
  R operator()(const request::OpenSession&) const { return {"OpenSession", Rights()}; }
};

}  // namespace

RequestRule rule_of(const Request& request) {
  return std::visit(Rules(), request);
}

}  // namespace vm_control

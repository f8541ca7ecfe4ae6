// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/protocol/request.h"

#include <utility>

namespace vm_control {
namespace {

enum Type : uint32_t {
  kExit = 1,
  kRegisterMemory = 2,
  kUnregisterMemory = 3,
  kBalloonAdjust = 4,
  kAllocateAndRegisterGpuMemory = 5,
};

constexpr size_t kTypeAt = 0;
constexpr size_t kSlotAt = 4;
constexpr size_t kSizeAt = 8;
constexpr size_t kNumPagesAt = 16;
constexpr size_t kWidthAt = 20;
constexpr size_t kHeightAt = 24;
constexpr size_t kFormatAt = 28;

EncodedRequest of_type(Type type) {
  EncodedRequest out;
  store(out.bytes, kTypeAt, static_cast<uint32_t>(type));
  return out;
}

struct Encoder {
  Result<EncodedRequest> operator()(const request::Exit&) const { return of_type(kExit); }

  Result<EncodedRequest> operator()(const request::RegisterMemory& request) const {
    EncodedRequest out = of_type(kRegisterMemory);
    store(out.bytes, kSizeAt, request.size);
    out.fd = request.fd.get();
    return out;
  }

  Result<EncodedRequest> operator()(const request::UnregisterMemory& request) const {
    EncodedRequest out = of_type(kUnregisterMemory);
    store(out.bytes, kSlotAt, request.slot.value());
    return out;
  }

  Result<EncodedRequest> operator()(const request::BalloonAdjust& request) const {
    EncodedRequest out = of_type(kBalloonAdjust);
    store(out.bytes, kNumPagesAt, request.num_pages);
    return out;
  }

  Result<EncodedRequest> operator()(const request::AllocateAndRegisterGpuMemory& request) const {
    EncodedRequest out = of_type(kAllocateAndRegisterGpuMemory);
    store(out.bytes, kWidthAt, request.width);
    store(out.bytes, kHeightAt, request.height);
    store(out.bytes, kFormatAt, request.format);
    return out;
  }

  Result<EncodedRequest> operator()(const request::RegisterIoevent&) const {
    return fail(EOPNOTSUPP, "send RegisterIoevent, which is local to the process");
  }

  Result<EncodedRequest> operator()(const request::RegisterIrqfd&) const {
    return fail(EOPNOTSUPP, "send RegisterIrqfd, which is local to the process");
  }
};

}  // namespace

Result<EncodedRequest> encode(const Request& request) {
  return std::visit(Encoder(), request);
}

Result<Request> decode_request(std::span<const std::byte> bytes, UniqueFd fd) {
  constexpr const char* kAction = "decode a request";
  if (bytes.size() != kRequestSize) return fail(EMSGSIZE, kAction);
  switch (load<uint32_t>(bytes, kTypeAt)) {
    case kExit:
      return request::Exit{};
    case kRegisterMemory:
      if (!fd) return fail(EBADF, kAction);
      return request::RegisterMemory{std::move(fd), load<uint64_t>(bytes, kSizeAt)};
    case kUnregisterMemory:
      return request::UnregisterMemory{Slot(load<uint32_t>(bytes, kSlotAt))};
    case kBalloonAdjust:
      return request::BalloonAdjust{load<int32_t>(bytes, kNumPagesAt)};
    case kAllocateAndRegisterGpuMemory:
      return request::AllocateAndRegisterGpuMemory{load<uint32_t>(bytes, kWidthAt),
                                                   load<uint32_t>(bytes, kHeightAt),
                                                   load<uint32_t>(bytes, kFormatAt)};
    default:
      return fail(EOPNOTSUPP, kAction);
  }
}

}  // namespace vm_control

// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/protocol/classic_request.h"

#include <utility>

#include "vm_control/protocol/request_codec.h"

namespace vm_control::internal {
namespace {

constexpr size_t kSlotAt = 4;
constexpr size_t kSizeAt = 8;
constexpr size_t kNumPagesAt = 16;
constexpr size_t kWidthAt = 20;
constexpr size_t kHeightAt = 24;
constexpr size_t kFormatAt = 28;

}  // namespace

EncodedRequest encode(const request::Exit&) {
  return request_of(RequestType::kExit);
}

EncodedRequest encode(const request::RegisterMemory& request) {
  EncodedRequest out = request_of(RequestType::kRegisterMemory);
  store(out.bytes, kSizeAt, request.size);
  out.fd = request.fd.get();
  return out;
}

EncodedRequest encode(const request::UnregisterMemory& request) {
  EncodedRequest out = request_of(RequestType::kUnregisterMemory);
  store(out.bytes, kSlotAt, request.slot.value());
  return out;
}

EncodedRequest encode(const request::BalloonAdjust& request) {
  EncodedRequest out = request_of(RequestType::kBalloonAdjust);
  store(out.bytes, kNumPagesAt, request.num_pages);
  return out;
}

EncodedRequest encode(const request::AllocateAndRegisterGpuMemory& request) {
  EncodedRequest out = request_of(RequestType::kAllocateAndRegisterGpuMemory);
  store(out.bytes, kWidthAt, request.width);
  store(out.bytes, kHeightAt, request.height);
  store(out.bytes, kFormatAt, request.format);
  return out;
}

// What a type does not use is ignored, as in the original.
Result<Request> decode_classic_request(RequestType type, std::span<const std::byte> frame,
                                       UniqueFd& fd) {
  switch (type) {
    case RequestType::kExit:
      return request::Exit{};
    case RequestType::kRegisterMemory:
      if (!fd) return fail(EBADF, "decode a request without its descriptor");
      return request::RegisterMemory{std::move(fd), load<uint64_t>(frame, kSizeAt)};
    case RequestType::kUnregisterMemory:
      return request::UnregisterMemory{Slot(load<uint32_t>(frame, kSlotAt))};
    case RequestType::kBalloonAdjust:
      return request::BalloonAdjust{load<int32_t>(frame, kNumPagesAt)};
    case RequestType::kAllocateAndRegisterGpuMemory:
      return request::AllocateAndRegisterGpuMemory{load<uint32_t>(frame, kWidthAt),
                                                   load<uint32_t>(frame, kHeightAt),
                                                   load<uint32_t>(frame, kFormatAt)};
    default:
      return fail(EOPNOTSUPP, "decode a request of a type that is unknown");
  }
}

}  // namespace vm_control::internal

// SPDX-License-Identifier: BSD-3-Clause
#include <cstdint>
#include <limits>
#include <utility>

#include "vm_control/protocol/response_codec.h"

namespace vm_control::internal {
namespace {

constexpr size_t kErrnoAt = 4;
constexpr size_t kPfnAt = 8;
constexpr size_t kSlotAt = 16;
constexpr size_t kStridesAt = 20;
constexpr size_t kOffsetsAt = 32;

void store_place(EncodedResponse& out, PageFrameNumber pfn, Slot slot) {
  store(out.bytes, kPfnAt, pfn.value());
  store(out.bytes, kSlotAt, slot.value());
}

PageFrameNumber load_pfn(std::span<const std::byte> frame) {
  return PageFrameNumber(load<uint64_t>(frame, kPfnAt));
}

Slot load_slot(std::span<const std::byte> frame) {
  return Slot(load<uint32_t>(frame, kSlotAt));
}

GpuMemoryDesc load_desc(std::span<const std::byte> frame) {
  GpuMemoryDesc desc;
  for (size_t i = 0; i < kMaxGpuPlanes; ++i) {
    desc.planes[i].stride = load<uint32_t>(frame, kStridesAt + 4 * i);
    desc.planes[i].offset = load<uint32_t>(frame, kOffsetsAt + 4 * i);
  }
  return desc;
}

Result<Response> decode_err(std::span<const std::byte> frame) {
  auto code = load<uint32_t>(frame, kErrnoAt);
  if (code == 0 || code > static_cast<uint32_t>(std::numeric_limits<int32_t>::max())) {
    return fail(EPROTO, "decode a response with errno", std::to_string(code));
  }
  return response::Err{static_cast<int>(code)};
}

}  // namespace

EncodedResponse encode(const response::Ok&) {
  return response_of(ResponseType::kOk);
}

EncodedResponse encode(const response::Err& response) {
  EncodedResponse out = response_of(ResponseType::kErr);
  store(out.bytes, kErrnoAt, static_cast<uint32_t>(response.code > 0 ? response.code : ERANGE));
  return out;
}

EncodedResponse encode(const response::Memory& response) {
  EncodedResponse out = response_of(ResponseType::kMemory);
  store_place(out, response.pfn, response.slot);
  return out;
}

EncodedResponse encode(const response::GpuMemory& response) {
  EncodedResponse out = response_of(ResponseType::kGpuMemory);
  store_place(out, response.pfn, response.slot);
  for (size_t i = 0; i < kMaxGpuPlanes; ++i) {
    store(out.bytes, kStridesAt + 4 * i, response.desc.planes[i].stride);
    store(out.bytes, kOffsetsAt + 4 * i, response.desc.planes[i].offset);
  }
  out.fd = response.fd.get();
  return out;
}

Result<Response> decode_classic_response(ResponseType type, std::span<const std::byte> frame,
                                         UniqueFd fd) {
  switch (type) {
    case ResponseType::kOk:
      return response::Ok{};
    case ResponseType::kErr:
      return decode_err(frame);
    case ResponseType::kMemory:
      return response::Memory{load_pfn(frame), load_slot(frame)};
    case ResponseType::kGpuMemory:
      if (!fd) return fail(EPROTO, "decode a GpuMemory response without its file descriptor");
      return response::GpuMemory{std::move(fd), load_pfn(frame), load_slot(frame),
                                 load_desc(frame)};
    default:
      return unknown_response(type);
  }
}

}  // namespace vm_control::internal

// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/protocol/response.h"

#include <cstdint>
#include <limits>
#include <utility>

namespace vm_control {
namespace {

enum Type : uint32_t {
  kOk = 1,
  kErr = 2,
  kMemory = 3,
  kGpuMemory = 4,
};

constexpr size_t kTypeAt = 0;
constexpr size_t kErrnoAt = 4;
constexpr size_t kPfnAt = 8;
constexpr size_t kSlotAt = 16;
constexpr size_t kStridesAt = 20;
constexpr size_t kOffsetsAt = 32;

EncodedResponse of_type(Type type) {
  EncodedResponse out;
  store(out.bytes, kTypeAt, static_cast<uint32_t>(type));
  return out;
}

void store_place(EncodedResponse& out, PageFrameNumber pfn, Slot slot) {
  store(out.bytes, kPfnAt, pfn.value());
  store(out.bytes, kSlotAt, slot.value());
}

PageFrameNumber load_pfn(std::span<const std::byte> bytes) {
  return PageFrameNumber(load<uint64_t>(bytes, kPfnAt));
}

Slot load_slot(std::span<const std::byte> bytes) {
  return Slot(load<uint32_t>(bytes, kSlotAt));
}

struct Encoder {
  EncodedResponse operator()(const response::Ok&) const { return of_type(kOk); }

  EncodedResponse operator()(const response::Err& response) const {
    EncodedResponse out = of_type(kErr);
    store(out.bytes, kErrnoAt, static_cast<uint32_t>(response.code > 0 ? response.code : ERANGE));
    return out;
  }

  EncodedResponse operator()(const response::Memory& response) const {
    EncodedResponse out = of_type(kMemory);
    store_place(out, response.pfn, response.slot);
    return out;
  }

  EncodedResponse operator()(const response::GpuMemory& response) const {
    EncodedResponse out = of_type(kGpuMemory);
    store_place(out, response.pfn, response.slot);
    for (size_t i = 0; i < kMaxGpuPlanes; ++i) {
      store(out.bytes, kStridesAt + 4 * i, response.desc.planes[i].stride);
      store(out.bytes, kOffsetsAt + 4 * i, response.desc.planes[i].offset);
    }
    out.fd = response.fd.get();
    return out;
  }
};

GpuMemoryDesc load_desc(std::span<const std::byte> bytes) {
  GpuMemoryDesc desc;
  for (size_t i = 0; i < kMaxGpuPlanes; ++i) {
    desc.planes[i].stride = load<uint32_t>(bytes, kStridesAt + 4 * i);
    desc.planes[i].offset = load<uint32_t>(bytes, kOffsetsAt + 4 * i);
  }
  return desc;
}

Result<Response> decode_err(std::span<const std::byte> bytes) {
  auto code = load<uint32_t>(bytes, kErrnoAt);
  if (code == 0 || code > static_cast<uint32_t>(std::numeric_limits<int32_t>::max())) {
    return fail(EPROTO, "decode a response with errno", std::to_string(code));
  }
  return response::Err{static_cast<int>(code)};
}

}  // namespace

EncodedResponse encode(const Response& response) {
  return std::visit(Encoder(), response);
}

Result<Response> decode_response(std::span<const std::byte> bytes, UniqueFd fd) {
  if (bytes.size() != kResponseSize) {
    return fail(EPROTO, "decode a response of", std::to_string(bytes.size()) + " bytes");
  }
  auto type = load<uint32_t>(bytes, kTypeAt);
  switch (type) {
    case kOk:
      return response::Ok{};
    case kErr:
      return decode_err(bytes);
    case kMemory:
      return response::Memory{load_pfn(bytes), load_slot(bytes)};
    case kGpuMemory:
      if (!fd) return fail(EPROTO, "decode a GpuMemory response without its file descriptor");
      return response::GpuMemory{std::move(fd), load_pfn(bytes), load_slot(bytes),
                                 load_desc(bytes)};
    default:
      return fail(EPROTO, "decode a response of type", std::to_string(type));
  }
}

}  // namespace vm_control

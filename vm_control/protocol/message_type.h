// SPDX-License-Identifier: BSD-3-Clause
// The numbers in the first four bytes of a frame: what the rest of it is.
//
// Of the extended protocol, from 0x100 up, the response that brings something has the number of its
// request; all others are answered by Ok or Err.
#pragma once

#include <cstdint>

namespace vm_control {

enum class RequestType : uint32_t {
  kExit = 1,
  kRegisterMemory = 2,
  kUnregisterMemory = 3,
  kBalloonAdjust = 4,
  kAllocateAndRegisterGpuMemory = 5,

  kHello = 0x100,
  kMapMemory = 0x110,
  kUnmapMemory = 0x111,
  kNextRegion = 0x112,
  kReadDirtyLog = 0x113,
  kRegisterIoevent = 0x120,
  kRegisterIrqfd = 0x121,
  kUnregisterEvent = 0x122,
  kStatus = 0x140,
  kPause = 0x141,
  kResume = 0x142,
  kSubscribe = 0x150,
  kOpenSession = 0x151,
};

enum class ResponseType : uint32_t {
  kOk = 1,
  kErr = 2,
  kMemory = 3,
  kGpuMemory = 4,

  kHello = 0x100,
  kMappedMemory = 0x110,
  kRegion = 0x112,
  kDirtyLog = 0x113,
  kIoeventRegistered = 0x120,
  kIrqfdRegistered = 0x121,
  kStatus = 0x140,
  kSubscribed = 0x150,
  kSessionOpened = 0x151,
};

}  // namespace vm_control

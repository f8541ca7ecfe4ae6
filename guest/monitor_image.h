// SPDX-License-Identifier: BSD-3-Clause
// The built-in guest: a monitor on the serial port, which runs on any KVM host and lets people and
// tests look at memory, ports and interrupts from inside a virtual machine.
//
// The machine that boots it provides:
//   memory     the image at kMonitorAddress; kMonitorMemorySize bytes of RAM from there
//   CPU        flat 32-bit protected mode, paging and interrupts off, EIP = kMonitorAddress
//              EBX = bytes of RAM below 3 GiB
//              ECX = where device memory starts, or 0 if that is past 4 GiB
//   devices    KVM's interrupt controllers (IOAPIC at 0xfec00000, local APIC at 0xfee00000),
//              a 16550 at port 0x3f8 on GSI 4, and ACPI's sleep control register at port 0x600,
//              where 0x34 is written to power off
//              optionally, devices of virtio-mmio version 2 from 0xc0000000 on, one page each and
//              without gaps, whose interrupts are GSIs; where there is none, reads give ones
//
// The 16550 must hold bytes back while its receive FIFO is full, as the monitor does not always
// read them at once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace vm_control::guest {

constexpr uint32_t kMonitorAddress = 0x0010'0000;
constexpr uint32_t kMonitorMemorySize = 0x0001'0000;
// The default start of device memory, which the monitor can reach.
constexpr uint32_t kMonitorDeviceMemory = 0x8000'0000;

// The flat image, in static storage.
std::span<const std::byte> monitor_image();

}  // namespace vm_control::guest

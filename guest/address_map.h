// SPDX-License-Identifier: BSD-3-Clause
// Addresses in guest-physical memory. They are macros because the assembler reads them, too.
#pragma once

#define GUEST_IMAGE_ADDRESS 0x00100000
// Code, data and stack fit into this many bytes; the linker script checks that.
#define GUEST_IMAGE_MEMORY 0x00010000

// Virtio devices have one page each from here on, without gaps.
#define GUEST_VIRTIO_DEVICES 0xc0000000
#define GUEST_VIRTIO_DEVICE_SIZE 0x1000
#define GUEST_VIRTIO_DEVICES_LIMIT 16

#define GUEST_IOAPIC 0xfec00000
#define GUEST_LOCAL_APIC 0xfee00000
#define GUEST_LOCAL_APIC_EOI 0xfee000b0

// Vector 0x20 is GSI 0.
#define GUEST_FIRST_GSI_VECTOR 0x20
#define GUEST_GSI_COUNT 24
#define GUEST_SPURIOUS_VECTOR 0xff

#define GUEST_CODE_SELECTOR 0x08
#define GUEST_DATA_SELECTOR 0x10

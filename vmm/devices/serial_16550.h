// SPDX-License-Identifier: BSD-3-Clause
// A 16550A serial port: what the guest writes goes out at once, what arrives waits for the guest.
//
// Source: National Semiconductor PC16550D data sheet. Speed and parity are accepted and have no
// effect; there are no line errors and no modem, but for the loopback that drivers test with.
//
// Threads: any. A slow output holds up the vCPU that writes, and no one else: input goes on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>

#include "vm_control/base/event_fd.h"
#include "vm_control/base/result.h"
#include "vmm/bus/port_bus.h"

namespace vm_control::vmm {

// Where a serial port's output goes. Called on vCPU threads, one at a time; may block.
using SerialSink = std::function<void(std::span<const std::byte>)>;

class Serial16550 final : public PortDevice {
 public:
  // Where PCs have their first one.
  static constexpr uint16_t kPort = 0x3f8;
  static constexpr uint16_t kPorts = 8;
  static constexpr uint32_t kGsi = 4;
  // Bytes that wait for the guest, at most.
  static constexpr size_t kInputCapacity = 4096;

  // Errors: EMFILE, ENFILE, ENOMEM.
  static Result<std::unique_ptr<Serial16550>> create(SerialSink output);

  // Signalled whenever the interrupt line rises: an irqfd.
  const EventFd& interrupt() const { return interrupt_; }

  // Lets the guest receive `input`, or as much of its start as there is room for; returns how many
  // bytes that was. After a short one, input_room() is signalled when there is room again.
  size_t receive(std::span<const std::byte> input);
  const EventFd& input_room() const { return input_room_; }

  uint8_t read(uint16_t offset) override;
  void write(uint16_t offset, uint8_t value) override;

 private:
  Serial16550(SerialSink output, EventFd interrupt, EventFd input_room);

  bool divisor_is_open() const;
  bool loops_back() const;
  uint8_t read_input();
  uint8_t read_interrupt_identification();
  uint8_t line_status() const;
  uint8_t modem_status() const;
  void write_register(uint16_t offset, uint8_t value);
  void write_fifo_control(uint8_t value);
  void transmit(uint8_t value);
  void update_interrupt();

  std::mutex output_mutex_;  // taken before mutex_, never after
  SerialSink output_;
  EventFd interrupt_;
  EventFd input_room_;

  std::mutex mutex_;  // all that follows
  std::deque<std::byte> input_;
  bool input_was_refused_ = false;
  bool transmitter_emptied_ = false;  // since the guest last heard of it
  uint8_t causes_ = 0;                // of the interrupt, by their bits in interrupt_enable_
  bool fifo_enabled_ = false;
  uint8_t interrupt_enable_ = 0;
  uint8_t line_control_ = 0;
  uint8_t modem_control_ = 0;
  uint8_t scratch_ = 0;
  uint8_t divisor_low_ = 12;  // 9600 baud
  uint8_t divisor_high_ = 0;
};

}  // namespace vm_control::vmm

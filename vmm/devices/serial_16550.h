// SPDX-License-Identifier: BSD-3-Clause
// A 16550A serial port. Output leaves at once; input waits until the guest reads it.
//
// The other end obeys the guest's request to send (RTS), as hardware flow control has it: while the
// guest does not ask, nothing arrives. So nothing is lost while a driver starts, which empties the
// FIFO, and a guest that has no room for more can say so. A guest that has never written the modem
// control register knows nothing of this, and gets all.
//
// Source: National Semiconductor PC16550D data sheet. The guest may set speed and parity, which
// have no effect. There are no line errors and no modem, except for the loopback that drivers test
// with.
//
// Threads: any. A slow output holds up only the vCPU that writes; input goes on.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>

#include "vm_control/base/event_fd.h"
#include "vm_control/base/function.h"
#include "vm_control/base/mutex.h"
#include "vm_control/base/result.h"
#include "vmm/bus/byte_device.h"
#include "vmm/devices/interrupt_table.h"

namespace vm_control::vmm {

// Takes a serial port's output. vCPU threads call it, one at a time; it may block.
using SerialSink = Function<void(std::span<const std::byte>)>;

class Serial16550 final : public ByteDevice {
 public:
  // The place of a PC's first serial port.
  static constexpr uint16_t kPort = 0x3f8;
  static constexpr uint16_t kPorts = 8;
  static constexpr uint32_t kGsi = 4;
  // The most bytes that wait for the guest.
  static constexpr size_t kInputCapacity = 4096;

  // Errors: EMFILE, ENFILE, ENOMEM.
  static Result<std::unique_ptr<Serial16550>> create(SerialSink output, Interrupt interrupt);

  // Lets the guest receive `input`, or as much of its start as there is room for. Returns how many
  // bytes that was. If it was not all, the port signals input_room() when there is room again.
  size_t receive(std::span<const std::byte> input);
  EventFd& input_room() { return input_room_; }

  uint8_t read_byte(uint64_t offset) override;
  void write_byte(uint64_t offset, uint8_t value) override;

 private:
  Serial16550(SerialSink output, Interrupt interrupt, EventFd input_room);

  bool divisor_is_open() const REQUIRES(mutex_);
  bool loops_back() const REQUIRES(mutex_);
  bool has_arrived() const REQUIRES(mutex_);
  uint8_t read_input() REQUIRES(mutex_);
  uint8_t read_interrupt_identification() REQUIRES(mutex_);
  uint8_t line_status() const REQUIRES(mutex_);
  uint8_t modem_status() const REQUIRES(mutex_);
  void write_register(uint64_t offset, uint8_t value) REQUIRES(mutex_);
  void write_fifo_control(uint8_t value) REQUIRES(mutex_);
  void transmit(uint8_t value);
  void update_interrupt() REQUIRES(mutex_);

  Mutex output_mutex_;  // taken before mutex_, never after
  SerialSink output_ GUARDED_BY(output_mutex_);
  Interrupt interrupt_;
  EventFd input_room_;

  Mutex mutex_;
  std::deque<std::byte> input_ GUARDED_BY(mutex_);   // from the other end
  std::deque<std::byte> looped_ GUARDED_BY(mutex_);  // from the guest itself, while it loops back
  bool input_was_refused_ GUARDED_BY(mutex_) = false;
  bool transmitter_emptied_ GUARDED_BY(mutex_) = false;  // since the guest last asked
  uint8_t causes_ GUARDED_BY(mutex_) = 0;  // of the interrupt, as bits of interrupt_enable_
  bool fifo_enabled_ GUARDED_BY(mutex_) = false;
  uint8_t interrupt_enable_ GUARDED_BY(mutex_) = 0;
  uint8_t line_control_ GUARDED_BY(mutex_) = 0;
  uint8_t modem_control_ GUARDED_BY(mutex_) = 0;
  bool knows_modems_ GUARDED_BY(mutex_) = false;  // whether the guest has written modem_control_
  uint8_t scratch_ GUARDED_BY(mutex_) = 0;
  uint8_t divisor_low_ GUARDED_BY(mutex_) = 12;  // 9600 baud
  uint8_t divisor_high_ GUARDED_BY(mutex_) = 0;
};

}  // namespace vm_control::vmm

// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/devices/serial_16550.h"

#include <algorithm>
#include <utility>

#include "vm_control/base/try.h"

namespace vm_control::vmm {
namespace {

// Registers, by offset. The first two are the divisor if the line control says so.
enum : uint64_t {
  kData = 0,
  kInterruptEnable = 1,
  kInterruptIdentification = 2,  // writes: FIFO control
  kLineControl = 3,
  kModemControl = 4,
  kLineStatus = 5,
  kModemStatus = 6,
  kScratch = 7,
};

// Causes of an interrupt, as bits of the interrupt enable register.
constexpr uint8_t kReceived = 0x01;
constexpr uint8_t kEmptied = 0x02;

constexpr uint8_t kDivisorAccess = 0x80;  // line control
constexpr uint8_t kRequestToSend = 0x02;  // modem control
constexpr uint8_t kLoopback = 0x10;       // modem control
constexpr size_t kFifoDepth = 16;

uint8_t bit_if(bool condition, uint8_t bit) {
  return condition ? bit : uint8_t{0};
}

}  // namespace

Result<std::unique_ptr<Serial16550>> Serial16550::create(SerialSink output, Interrupt interrupt) {
  EventFd input_room = TRY(EventFd::create());
  return std::unique_ptr<Serial16550>(
      new Serial16550(std::move(output), std::move(interrupt), std::move(input_room)));
}

Serial16550::Serial16550(SerialSink output, Interrupt interrupt, EventFd input_room)
    : output_(std::move(output)),
      interrupt_(std::move(interrupt)),
      input_room_(std::move(input_room)) {}

bool Serial16550::divisor_is_open() const {
  return line_control_ & kDivisorAccess;
}
bool Serial16550::loops_back() const {
  return modem_control_ & kLoopback;
}

// Whether there is a byte for the guest to read. Loopback cuts the line off.
bool Serial16550::has_arrived() const {
  if (loops_back()) return !looped_.empty();
  bool asks = !knows_modems_ || modem_control_ & kRequestToSend;
  return asks && !input_.empty();
}

size_t Serial16550::receive(std::span<const std::byte> input) {
  MutexLock lock(mutex_);
  size_t taken = std::min(input.size(), kInputCapacity - input_.size());
  input_.insert(input_.end(), input.begin(), input.begin() + static_cast<ptrdiff_t>(taken));
  if (taken < input.size()) input_was_refused_ = true;
  update_interrupt();
  return taken;
}

uint8_t Serial16550::read_byte(uint64_t offset) {
  MutexLock lock(mutex_);
  switch (offset) {
    case kData:
      return divisor_is_open() ? divisor_low_ : read_input();
    case kInterruptEnable:
      return divisor_is_open() ? divisor_high_ : interrupt_enable_;
    case kInterruptIdentification:
      return read_interrupt_identification();
    case kLineControl:
      return line_control_;
    case kModemControl:
      return modem_control_;
    case kLineStatus:
      return line_status();
    case kModemStatus:
      return modem_status();
    default:
      return scratch_;
  }
}

uint8_t Serial16550::read_input() {
  if (!has_arrived()) return 0;
  std::deque<std::byte>& source = loops_back() ? looped_ : input_;
  auto value = std::to_integer<uint8_t>(source.front());
  source.pop_front();
  if (input_was_refused_ && input_.size() <= kInputCapacity / 2) {
    input_was_refused_ = false;
    input_room_.signal();
  }
  // The next byte arrives now that this one has gone: the line falls, and rises again.
  causes_ &= static_cast<uint8_t>(~kReceived);
  update_interrupt();
  return value;
}

uint8_t Serial16550::read_interrupt_identification() {
  uint8_t fifo = bit_if(fifo_enabled_, 0xc0);
  if (causes_ & kReceived) return fifo | 0x04;
  if (causes_ & kEmptied) {
    transmitter_emptied_ = false;  // the guest acknowledges it by reading this register
    update_interrupt();
    return fifo | 0x02;
  }
  return fifo | 0x01;  // none
}

uint8_t Serial16550::line_status() const {
  constexpr uint8_t kDataReady = 0x01;
  constexpr uint8_t kTransmitterEmpty = 0x60;  // both of its registers, always
  return kTransmitterEmpty | bit_if(has_arrived(), kDataReady);
}

uint8_t Serial16550::modem_status() const {
  if (!loops_back()) return 0xb0;  // the other end is there: carrier, ready, clear to send
  // DTR, RTS, OUT1 and OUT2 come back as DSR, CTS, ring and carrier.
  uint8_t out = modem_control_;
  return static_cast<uint8_t>(bit_if(out & 0x01, 0x20) | bit_if(out & 0x02, 0x10) |
                              bit_if(out & 0x04, 0x40) | bit_if(out & 0x08, 0x80));
}

void Serial16550::write_byte(uint64_t offset, uint8_t value) {
  if (offset == kData) {
    MutexLock lock(mutex_);
    if (!divisor_is_open()) {
      lock.unlock();
      transmit(value);
      return;
    }
  }
  MutexLock lock(mutex_);
  write_register(offset, value);
}

void Serial16550::transmit(uint8_t value) {
  MutexLock output_lock(output_mutex_);
  std::byte byte{value};
  MutexLock lock(mutex_);
  bool looped = loops_back();
  if (looped && looped_.size() < kFifoDepth) looped_.push_back(byte);
  lock.unlock();
  // The output runs without the lock, so that input need not wait for it.
  if (!looped) output_({&byte, 1});

  lock.lock();
  transmitter_emptied_ = true;
  causes_ &= static_cast<uint8_t>(~kEmptied);  // it was full for a moment
  update_interrupt();
}

void Serial16550::write_register(uint64_t offset, uint8_t value) {
  switch (offset) {
    case kData:
      divisor_low_ = value;
      break;
    case kInterruptEnable:
      if (divisor_is_open()) {
        divisor_high_ = value;
        break;
      }
      // A guest that enables the interrupt of an empty transmitter gets it at once.
      if (value & ~interrupt_enable_ & kEmptied) transmitter_emptied_ = true;
      interrupt_enable_ = value & 0x0f;
      update_interrupt();
      break;
    case kInterruptIdentification:
      write_fifo_control(value);
      break;
    case kLineControl:
      line_control_ = value;
      break;
    case kModemControl:
      modem_control_ = value & 0x1f;
      knows_modems_ = true;
      looped_.clear();
      update_interrupt();
      break;
    case kScratch:
      scratch_ = value;
      break;
    default:  // the status registers
      break;
  }
}

void Serial16550::write_fifo_control(uint8_t value) {
  constexpr uint8_t kEnable = 0x01;
  constexpr uint8_t kClearReceived = 0x02;
  fifo_enabled_ = value & kEnable;
  if (value & kClearReceived) {
    // The bytes behind those of the FIFO have not arrived yet.
    size_t arrived = has_arrived() && !loops_back() ? std::min(input_.size(), kFifoDepth) : 0;
    input_.erase(input_.begin(), input_.begin() + static_cast<ptrdiff_t>(arrived));
    looped_.clear();
    causes_ &= static_cast<uint8_t>(~kReceived);
    update_interrupt();
  }
}

void Serial16550::update_interrupt() {
  auto causes = static_cast<uint8_t>(interrupt_enable_ & (bit_if(has_arrived(), kReceived) |
                                                          bit_if(transmitter_emptied_, kEmptied)));
  if (causes & ~causes_) interrupt_.raise();
  causes_ = causes;
}

}  // namespace vm_control::vmm

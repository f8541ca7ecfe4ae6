// SPDX-License-Identifier: BSD-3-Clause
// Talks to the built-in guest's monitor over its serial line.
//
// One command at a time: each call types a line, and waits until the guest prompts for the next.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

#include "vm_control/base/unique_fd.h"

namespace vm_control {

class Monitor {
 public:
  // line  a connected stream socket, at whose other end the serial port is.
  explicit Monitor(UniqueFd line) : line_(std::move(line)) {}

  // Returns what the guest prints up to its next prompt, without carriage returns and that prompt.
  // If there is no prompt in time, fails the test and returns what the guest printed.
  std::string read_to_prompt();

  // Types `command`; returns the guest's answer, without its last line end.
  std::string ask(const std::string& command);

  // The word at `address`.
  uint32_t peek(uint64_t address);
  // The sum of `length` bytes from `address`.
  uint32_t sum(uint64_t address, uint64_t length);
  void poke(uint64_t address, uint32_t value);
  void fill(uint64_t address, uint64_t length, uint8_t byte);
  // Writes `width` bytes, 1, 2 or 4, to an I/O port.
  void out(uint16_t port, uint32_t value, uint32_t width);
  // The number of interrupts by GSI, for GSIs that had any. Leaves out that of the serial port,
  // which every command raises.
  std::map<uint32_t, uint32_t> irqs();
  // Makes the guest reset its machine, and does not wait for that.
  void halt();

 private:
  void type(const std::string& line);
  void expect_ok(const std::string& command);
  uint32_t ask_number(const std::string& command);

  UniqueFd line_;
};

}  // namespace vm_control

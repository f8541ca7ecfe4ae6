// SPDX-License-Identifier: BSD-3-Clause
// A small machine for tests, and the guests that it runs.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>

#include "vm_control/base/memory_mapping.h"
#include "vmm/devices/serial_16550.h"
#include "vmm/machine/machine.h"

namespace vm_control::vmm {

inline constexpr uint64_t kMiB = uint64_t{1} << 20;
inline constexpr uint64_t kDeviceMemory = 0x8000'0000;
inline constexpr auto kPatience = std::chrono::seconds(20);

#define RESET "mov $0xfe, %al; out %al, $0x64; 9: hlt; jmp 9b;"
#define PUT_AL "mov $0x3f8, %dx; out %al, %dx;"

// Prints "!" and resets.
extern const std::span<const std::byte> print_and_reset;
extern const std::span<const std::byte> spin;
// Counts at the start of device memory without end.
extern const std::span<const std::byte> count;
// Prints ">", then echoes each byte that it gets by interrupt, and resets after a 'q'.
extern const std::span<const std::byte> echo_by_interrupt;

// Collects the output of a machine. Another thread can wait for it.
class TestConsole {
 public:
  SerialSink sink();
  std::string text();
  // Waits until exactly `text` was printed.
  bool waits_for(const std::string& text);

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string text_;
};

bool becomes_readable(int fd);

using Kind = ExitReason::Kind;

// Skips its tests on a host without KVM.
class MachineTest : public testing::Test {
 protected:
  void SetUp() override;

  // A machine, and the flat image that it boots.
  struct Options : Machine::Options {
    std::span<const std::byte> image;
  };
  static Options options(std::span<const std::byte> image);

  // Composes machine_ and serial_, of which console_ or `output` gets the output.
  void create(const Options& options) { create(options, console_.sink()); }
  void create(const Options& options, SerialSink output);

  // Waits until the machine stops by itself, and returns the reason.
  ExitReason reason();

  // Creates and starts a machine, and waits until it stops by itself.
  ExitReason run(const Options& options);

  // Backs the start of device memory by memory_.
  void add_memory();

  // The number that the guest `count` has reached, and whether it goes on.
  uint32_t counter();
  bool counts_on();

  bool becomes(VmState state);
  void type(std::string_view text);

  TestConsole console_;
  MemoryMapping memory_;  // outlives the machine, which may refer to it
  std::unique_ptr<Machine> machine_;
  Serial16550* serial_ = nullptr;
};

}  // namespace vm_control::vmm

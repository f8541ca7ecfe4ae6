// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/devices/serial_16550.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <string>
#include <thread>
#include <utility>

namespace vm_control::vmm {
namespace {

constexpr uint16_t kData = 0, kIer = 1, kIir = 2, kFcr = 2, kLcr = 3, kMcr = 4, kLsr = 5, kMsr = 6,
                   kScr = 7;
constexpr uint8_t kAsks = 0x0b;                                     // MCR: DTR, RTS and OUT2
constexpr uint8_t kNone = 0x01, kReceived = 0x04, kEmptied = 0x02;  // IIR

class Serial16550Test : public testing::Test {
 protected:
  void SetUp() override {
    Interrupt interrupt = *interrupts_.take(Serial16550::kGsi);
    edges_ = *interrupt.event().duplicate();
    auto sink = [this](std::span<const std::byte> bytes) {
      for (std::byte each : bytes) output_ += static_cast<char>(each);
    };
    auto serial = Serial16550::create(sink, std::move(interrupt));
    ASSERT_TRUE(serial);
    serial_ = std::move(*serial);
  }

  size_t receive(std::string_view text) { return serial_->receive(std::as_bytes(std::span(text))); }
  uint8_t read(uint16_t offset) { return serial_->read_byte(offset); }
  void write(uint16_t offset, uint8_t value) { serial_->write_byte(offset, value); }
  // How often the line rose since the last call.
  uint64_t interrupts() { return edges_.take(); }

  InterruptTable interrupts_;
  EventFd edges_{UniqueFd()};
  std::string output_;
  std::unique_ptr<Serial16550> serial_;
};

TEST_F(Serial16550Test, WhatTheGuestWritesGoesOut) {
  for (char each : std::string("hello")) {
    EXPECT_EQ(read(kLsr), 0x60);
    write(kData, static_cast<uint8_t>(each));
  }
  EXPECT_EQ(output_, "hello");
  EXPECT_EQ(interrupts(), 0u);
}

// The guest need not know anything of modems.
TEST_F(Serial16550Test, WhatArrivesWaitsForTheGuest) {
  EXPECT_EQ(read(kData), 0);
  EXPECT_EQ(receive("ab"), 2u);
  EXPECT_EQ(read(kLsr), 0x61);
  EXPECT_EQ(read(kData), 'a');
  EXPECT_EQ(read(kData), 'b');
  EXPECT_EQ(read(kLsr), 0x60);
  EXPECT_EQ(interrupts(), 0u);
}

TEST_F(Serial16550Test, EachByteThatArrivesIsAnInterruptIfEnabled) {
  write(kIer, 0x01);
  EXPECT_EQ(interrupts(), 0u);
  receive("ab");
  EXPECT_EQ(interrupts(), 1u);
  EXPECT_EQ(read(kIir), kReceived);
  EXPECT_EQ(read(kIir), kReceived);  // until it is read
  read(kData);
  EXPECT_EQ(interrupts(), 1u);
  read(kData);
  EXPECT_EQ(interrupts(), 0u);
  EXPECT_EQ(read(kIir), kNone);
}

TEST_F(Serial16550Test, InputBeforeItsInterruptIsEnabledIsNotForgotten) {
  receive("a");
  write(kIer, 0x01);
  EXPECT_EQ(interrupts(), 1u);
}

TEST_F(Serial16550Test, AnEmptyTransmitterIsAnInterruptUntilItIsIdentified) {
  write(kIer, 0x02);
  EXPECT_EQ(interrupts(), 1u);
  EXPECT_EQ(read(kIir), kEmptied);
  EXPECT_EQ(read(kIir), kNone);
  write(kData, 'x');
  write(kData, 'y');
  EXPECT_EQ(interrupts(), 2u);
  EXPECT_EQ(read(kIir), kEmptied);
  write(kIer, 0x02);  // enabled already: nothing new
  EXPECT_EQ(interrupts(), 0u);
}

TEST_F(Serial16550Test, InputIsIdentifiedBeforeOutput) {
  write(kIer, 0x03);
  receive("a");
  EXPECT_EQ(read(kIir), kReceived);
  read(kData);
  EXPECT_EQ(read(kIir), kEmptied);
}

TEST_F(Serial16550Test, TheDivisorHidesDataAndInterruptEnable) {
  receive("a");
  write(kIer, 0x01);
  write(kLcr, 0x83);
  write(kData, 0x34);
  write(kIer, 0x12);
  EXPECT_EQ(read(kData), 0x34);
  EXPECT_EQ(read(kIer), 0x12);
  write(kLcr, 0x03);
  EXPECT_EQ(read(kLcr), 0x03);
  EXPECT_EQ(read(kData), 'a');
  EXPECT_EQ(read(kIer), 0x01);
  EXPECT_EQ(output_, "");
}

TEST_F(Serial16550Test, TheFifoShowsThatItIsOn) {
  write(kFcr, 0x01);
  EXPECT_EQ(read(kIir), 0xc0 | kNone);
  write(kFcr, 0x00);
  EXPECT_EQ(read(kIir), kNone);
}

TEST_F(Serial16550Test, ClearingTheFifoDropsWhatIsInItAndNotWhatIsOnItsWay) {
  receive(std::string(16, 'x') + "y");
  write(kFcr, 0x03);
  EXPECT_EQ(read(kData), 'y');
  EXPECT_EQ(read(kLsr), 0x60);
}

TEST_F(Serial16550Test, NothingArrivesWhileTheGuestDoesNotAskForIt) {
  write(kIer, 0x01);
  write(kMcr, 0x08);
  receive("abc");
  EXPECT_EQ(interrupts(), 0u);
  EXPECT_EQ(read(kLsr), 0x60);
  EXPECT_EQ(read(kIir), kNone);
  // A driver that starts empties the port, in both ways.
  write(kFcr, 0x03);
  EXPECT_EQ(read(kData), 0);
  write(kMcr, kAsks);
  EXPECT_EQ(interrupts(), 1u);
  EXPECT_EQ(read(kData), 'a');
  write(kMcr, 0x08);
  EXPECT_EQ(read(kLsr), 0x60);
  write(kMcr, kAsks);
  EXPECT_EQ(read(kData), 'b');
  EXPECT_EQ(read(kData), 'c');
}

TEST_F(Serial16550Test, LoopbackKeepsWhatComesFromTheOtherEnd) {
  receive("line");
  write(kMcr, 0x1a);
  EXPECT_EQ(read(kLsr), 0x60);
  write(kData, 'x');
  write(kFcr, 0x03);
  EXPECT_EQ(read(kLsr), 0x60);
  write(kData, 'y');
  EXPECT_EQ(read(kData), 'y');
  write(kData, 'z');
  write(kMcr, kAsks);
  for (char each : std::string("line")) EXPECT_EQ(read(kData), each);
  EXPECT_EQ(read(kLsr), 0x60);
}

TEST_F(Serial16550Test, LoopbackConnectsItToItself) {
  write(kMcr, 0x1a);  // as drivers probe: loopback, RTS and OUT2
  EXPECT_EQ(read(kMsr), 0x90);
  write(kData, 'x');
  EXPECT_EQ(read(kData), 'x');
  EXPECT_EQ(output_, "");
  write(kMcr, 0xff);
  EXPECT_EQ(read(kMcr), 0x1f);
  EXPECT_EQ(read(kMsr), 0xf0);
  write(kMcr, 0x00);
  EXPECT_EQ(read(kMsr), 0xb0);
}

TEST_F(Serial16550Test, ScratchKeepsItsValueAndStatusIgnoresWrites) {
  write(kScr, 0xa5);
  write(kLsr, 0);
  write(kMsr, 0);
  EXPECT_EQ(read(kScr), 0xa5);
  EXPECT_EQ(read(kLsr), 0x60);
}

TEST_F(Serial16550Test, InputIsBoundedAndSaysWhenThereIsRoomAgain) {
  constexpr size_t kCapacity = Serial16550::kInputCapacity;
  EXPECT_EQ(receive(std::string(kCapacity - 1, 'x')), kCapacity - 1);
  EXPECT_EQ(receive("abc"), 1u);
  EXPECT_EQ(receive("bc"), 0u);
  EXPECT_EQ(serial_->input_room().take(), 0u);
  for (size_t i = 0; i + 1 < kCapacity; ++i) ASSERT_EQ(read(kData), 'x');
  EXPECT_EQ(serial_->input_room().take(), 1u);
  EXPECT_EQ(receive("bc"), 2u);
  EXPECT_EQ(read(kData), 'a');
  EXPECT_EQ(read(kData), 'b');
  EXPECT_EQ(read(kData), 'c');
}

TEST(Serial16550, ABlockedOutputDoesNotHoldUpInput) {
  std::promise<void> writing;
  std::promise<void> release;
  auto sink = [&](std::span<const std::byte>) {
    writing.set_value();
    release.get_future().wait();
  };
  InterruptTable interrupts;
  auto serial = Serial16550::create(sink, *interrupts.take(Serial16550::kGsi));
  ASSERT_TRUE(serial);
  (*serial)->write_byte(kMcr, kAsks);
  std::thread guest([&] { (*serial)->write_byte(kData, 'x'); });
  writing.get_future().wait();
  std::byte input{'i'};
  EXPECT_EQ((*serial)->receive({&input, 1}), 1u);
  EXPECT_EQ((*serial)->read_byte(kData), 'i');
  release.set_value();
  guest.join();
}

}  // namespace
}  // namespace vm_control::vmm

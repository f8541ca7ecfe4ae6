// SPDX-License-Identifier: BSD-3-Clause
#include "tests/integration/test_monitor.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <sstream>

#include "vmm/devices/serial_16550.h"

namespace vm_control {
namespace {

using Clock = std::chrono::steady_clock;

// Long enough for an interpreted guest on a busy host.
constexpr std::chrono::seconds kPatience(30);
constexpr std::string_view kPrompt = "\n> ";

bool becomes_readable(int fd, Clock::time_point deadline) {
  auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
  pollfd entry{.fd = fd, .events = POLLIN, .revents = 0};
  return left.count() > 0 && poll(&entry, 1, static_cast<int>(left.count())) == 1;
}

std::string hex(uint64_t value) {
  std::ostringstream text;
  text << "0x" << std::hex << value;
  return text.str();
}

}  // namespace

std::string Monitor::read_to_prompt() {
  auto deadline = Clock::now() + kPatience;
  std::string text;
  while (!text.ends_with(kPrompt)) {
    std::array<char, 256> buffer;
    ssize_t size = -1;
    if (becomes_readable(line_.get(), deadline)) {
      size = recv(line_.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    }
    if (size <= 0) {
      ADD_FAILURE() << "the guest does not prompt; it printed: " << text;
      return text;
    }
    std::copy_if(buffer.begin(), buffer.begin() + size, std::back_inserter(text),
                 [](char each) { return each != '\r'; });
  }
  return text.substr(0, text.size() - kPrompt.size() + 1);
}

void Monitor::type(const std::string& line) {
  ssize_t sent = send(line_.get(), line.data(), line.size(), MSG_NOSIGNAL);
  EXPECT_EQ(sent, static_cast<ssize_t>(line.size())) << "nobody takes: " << line;
}

void Monitor::halt() {
  type("halt\n");
}

std::string Monitor::ask(const std::string& command) {
  std::string line = command + "\n";
  type(line);
  std::string text = read_to_prompt();
  if (!text.starts_with(line)) {
    ADD_FAILURE() << "the guest did not echo '" << command << "', but printed: " << text;
    return {};
  }
  std::string answer = text.substr(line.size());
  if (answer.ends_with('\n')) answer.pop_back();
  return answer;
}

void Monitor::expect_ok(const std::string& command) {
  EXPECT_EQ(ask(command), "ok") << command;
}

uint32_t Monitor::ask_number(const std::string& command) {
  std::string answer = ask(command);
  // "VALUE", or "ADDRESS: VALUE".
  std::istringstream text(answer.substr(answer.find(' ') + 1));
  uint32_t value = 0;
  if (!(text >> std::hex >> value) || !text.eof()) {
    ADD_FAILURE() << command << ": the guest answered: " << answer;
  }
  return value;
}

uint32_t Monitor::peek(uint64_t address) {
  return ask_number("peek " + hex(address));
}

uint32_t Monitor::sum(uint64_t address, uint64_t length) {
  return ask_number("sum " + hex(address) + " " + hex(length));
}

void Monitor::poke(uint64_t address, uint32_t value) {
  expect_ok("poke " + hex(address) + " " + hex(value));
}

void Monitor::fill(uint64_t address, uint64_t length, uint8_t byte) {
  expect_ok("fill " + hex(address) + " " + hex(length) + " " + hex(byte));
}

void Monitor::out(uint16_t port, uint32_t value, uint32_t width) {
  expect_ok("out " + hex(port) + " " + hex(value) + " " + std::to_string(width));
}

std::map<uint32_t, uint32_t> Monitor::irqs() {
  std::string answer = ask("irqs");
  std::istringstream text(answer);
  std::string word;
  std::map<uint32_t, uint32_t> counts;
  if (!(text >> word) || word != "irqs:") ADD_FAILURE() << "irqs: the guest answered: " << answer;
  uint32_t gsi = 0;
  uint32_t count = 0;
  char colon = 0;
  while (text >> gsi >> colon >> count) counts[gsi] = count;
  counts.erase(vmm::Serial16550::kGsi);
  return counts;
}

}  // namespace vm_control

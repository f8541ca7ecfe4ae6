// SPDX-License-Identifier: BSD-3-Clause
#include "vmhost/device.h"

#include <utility>

#include "vm_control/base/try.h"
#include "vm_control/model/credentials.h"
#include "vm_control/transport/socket.h"

namespace vm_control::vmhost {
namespace {

// The main thread reads so much from a device in a turn, and leaves it alone for so long then: a
// device that writes without end waits, and the thread has time for others.
constexpr size_t kBytesInATurn = 16 << 10;
constexpr std::chrono::milliseconds kRest(10);
// As much as the pipe of an unprivileged process holds.
constexpr size_t kAPipeful = 1 << 20;

Credentials credentials_of(const DeviceSpec& spec, pid_t pid) {
  Credentials credentials = Credentials::own();
  credentials.pid = pid;
  if (spec.uid) credentials.uid = credentials.gid = *spec.uid;
  return credentials;
}

}  // namespace

Result<std::unique_ptr<Device>> Device::start(const DeviceSpec& spec, Log log) {
  auto [ours, theirs] = TRY(make_socket_pair(SocketType::kSeqpacket));
  auto [output, writer] = TRY(DeviceOutput::create());
  DeviceProcess process =
      TRY(DeviceProcess::start(spec, {.connection = theirs.get(), .output = writer.get()}));
  log("device " + spec.name + " started: pid " + std::to_string(process.pid()));
  return std::unique_ptr<Device>(
      new Device(spec, std::move(process), std::move(ours), std::move(output), std::move(log)));
}

Device::Device(const DeviceSpec& spec, DeviceProcess process, UniqueFd connection,
               DeviceOutput output, Log log)
    : policy_(spec.policy),
      credentials_(credentials_of(spec, process.pid())),
      process_(std::move(process)),
      connection_(std::move(connection)),
      output_(std::move(output)),
      log_(std::move(log)) {}

Result<void> Device::serve(Server& server, EventLoop& loop) {
  TRY(server.adopt(std::move(connection_), policy_, credentials_));
  // The device decides when there is something to log, so the main thread must not wait for it.
  log_ = [&server](std::string_view line) { server.log(std::string(line)); };
  rest_ = loop.timer([this] {
    if (reading_) reading_.set_events(EPOLLIN);
  });
  reading_ = TRY(loop.watch(output_.fd(), EPOLLIN, [this](uint32_t) { on_output(); }));
  ending_ = TRY(loop.watch(process_.ended_fd(), EPOLLIN, [this](uint32_t) {
    log_ending();
    ending_ = {};
  }));
  return {};
}

void Device::ask_to_end() {
  ending_ = {};
  reading_ = {};
  rest_ = {};
  process_.terminate();
}

// The end of the output comes through the rest, too: the kernel reports it always.
void Device::on_output() {
  relay();
  if (output_.has_ended()) {
    reading_ = {};
    return;
  }
  reading_.set_events(0);
  rest_.call_at(Timer::Clock::now() + kRest);
}

void Device::relay() {
  relay(kBytesInATurn);
}

void Device::relay(size_t limit) {
  output_.relay(limit, [this](const std::string& line) { log_line(line); });
}

void Device::relay_rest() {
  relay(kAPipeful);
  output_.finish([this](const std::string& line) { log_line(line); });
}

void Device::log_line(const std::string& line) {
  log_("device " + process_.name() + ": " + line);
}

void Device::log_ending() {
  if (!process_.wait_until_ended(DeviceProcess::Clock::now())) return;
  relay(kAPipeful);
  auto how = process_.take_ending();
  if (how) log_("device " + process_.name() + " ended: " + *how);
}

}  // namespace vm_control::vmhost

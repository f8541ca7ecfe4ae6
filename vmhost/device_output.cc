// SPDX-License-Identifier: BSD-3-Clause
#include "vmhost/device_output.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <array>

#include "vm_control/base/pipe.h"
#include "vm_control/base/try.h"

namespace vm_control::vmhost {

Result<std::pair<DeviceOutput, UniqueFd>> DeviceOutput::create() {
  auto [reader, writer] = TRY(Pipe::create());
  // Only this end: a program does not expect that its standard output refuses bytes.
  if (fcntl(reader.get(), F_SETFL, O_NONBLOCK) < 0) {
    return fail_errno("make a pipe for the output of a device");
  }
  return std::pair(DeviceOutput(std::move(reader)), std::move(writer));
}

void DeviceOutput::relay(size_t limit, const LineRelay::Sink& sink) {
  std::array<char, 4096> bytes;
  while (limit > 0 && !has_ended_) {
    ssize_t size = read(pipe_.get(), bytes.data(), std::min(limit, bytes.size()));
    if (size < 0) return;  // there is nothing more for now
    has_ended_ = size == 0;
    relay_.add({bytes.data(), static_cast<size_t>(size)}, LineRelay::Clock::now(), sink);
    limit -= static_cast<size_t>(size);
  }
  if (has_ended_) finish(sink);
}

void DeviceOutput::finish(const LineRelay::Sink& sink) {
  relay_.finish(LineRelay::Clock::now(), sink);
}

}  // namespace vm_control::vmhost

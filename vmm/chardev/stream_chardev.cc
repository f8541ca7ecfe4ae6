// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/chardev/stream_chardev.h"

#include <unistd.h>

#include <utility>

#include "vm_control/base/try.h"

namespace vm_control::vmm {

Result<std::unique_ptr<Chardev>> StreamChardev::create(UniqueFd input, UniqueFd output) {
  Output writer = TRY(Output::create());
  return std::unique_ptr<Chardev>(
      new StreamChardev(std::move(input), std::move(output), std::move(writer)));
}

StreamChardev::StreamChardev(UniqueFd input, UniqueFd output, Output writer)
    : input_fd_(std::move(input)), output_fd_(std::move(output)), writer_(std::move(writer)) {}

void StreamChardev::write(std::span<const std::byte> bytes) {
  if (output_fd_) writer_.write(output_fd_.get(), bytes);
}

Result<void> StreamChardev::connect(EventLoop& loop, Input input) {
  if (!input_fd_) return {};
  input_.emplace(std::move(input));
  // At the end of the input the guest runs on.
  auto read = [fd = input_fd_.get()](std::span<std::byte> buffer) {
    return ::read(fd, buffer.data(), buffer.size());
  };
  pump_ = TRY(InputPump::create(loop, input_fd_.get(), read, *input_, [this] { pump_.reset(); }));
  return {};
}

}  // namespace vm_control::vmm

// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/chardev/stream_chardev.h"

#include <utility>

#include "vm_control/base/try.h"

namespace vm_control::vmm {

Result<std::unique_ptr<Console>> StreamConsole::create(UniqueFd input, UniqueFd output) {
  Output writer = TRY(Output::create());
  return std::unique_ptr<Console>(
      new StreamConsole(std::move(input), std::move(output), std::move(writer)));
}

StreamConsole::StreamConsole(UniqueFd input, UniqueFd output, Output writer)
    : input_(std::move(input)), output_(std::move(output)), writer_(std::move(writer)) {}

void StreamConsole::write(std::span<const std::byte> bytes) {
  if (output_) writer_.write(output_.get(), bytes);
}

Result<void> StreamConsole::start(EventLoop& loop, Input input) {
  if (!input_) return {};
  pump_ = TRY(InputPump::create(loop, std::move(input)));
  // The guest runs on when nobody types any more.
  return pump_->start(input_.get(), [] {});
}

}  // namespace vm_control::vmm

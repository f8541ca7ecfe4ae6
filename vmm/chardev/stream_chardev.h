// SPDX-License-Identifier: BSD-3-Clause
// A console on two descriptors, one to read and one to write; either may be missing.
#pragma once

#include <memory>

#include "vm_control/base/unique_fd.h"
#include "vmm/chardev/chardev.h"
#include "vmm/chardev/input_pump.h"
#include "vmm/chardev/output.h"

namespace vm_control::vmm {

class StreamConsole final : public Console {
 public:
  // Errors: EMFILE, ENFILE, ENOMEM.
  static Result<std::unique_ptr<Console>> create(UniqueFd input, UniqueFd output);

  void write(std::span<const std::byte> bytes) override;
  Result<void> start(EventLoop& loop, Input input) override;
  void close() override { writer_.close(); }

 private:
  StreamConsole(UniqueFd input, UniqueFd output, Output writer);

  UniqueFd input_;
  UniqueFd output_;
  Output writer_;
  std::unique_ptr<InputPump> pump_;
};

}  // namespace vm_control::vmm

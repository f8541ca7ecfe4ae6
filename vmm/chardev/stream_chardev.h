// SPDX-License-Identifier: BSD-3-Clause
// A chardev on two descriptors, one to read and one to write. Either may be missing.
#pragma once

#include <memory>
#include <optional>

#include "vm_control/base/unique_fd.h"
#include "vmm/chardev/chardev.h"
#include "vmm/chardev/input_pump.h"
#include "vmm/chardev/output.h"

namespace vm_control::vmm {

class StreamChardev final : public Chardev {
 public:
  // Errors: EMFILE, ENFILE, ENOMEM.
  static Result<std::unique_ptr<Chardev>> create(UniqueFd input, UniqueFd output);

  void write(std::span<const std::byte> bytes) override;
  Result<void> connect(EventLoop& loop, Input input) override;
  void close() override { writer_.close(); }
  LostOutput* lost_output() override { return &writer_.lost(); }

 private:
  StreamChardev(UniqueFd input, UniqueFd output, Output writer);

  UniqueFd input_fd_;
  UniqueFd output_fd_;
  Output writer_;
  std::optional<Input> input_;
  std::unique_ptr<InputPump> pump_;
};

}  // namespace vm_control::vmm

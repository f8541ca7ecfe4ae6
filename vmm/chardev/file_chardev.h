// SPDX-License-Identifier: BSD-3-Clause
// A chardev that appends the guest's output to a file, and gives the guest no input.
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "vm_control/base/unique_fd.h"
#include "vmm/chardev/chardev.h"
#include "vmm/chardev/output.h"

namespace vm_control::vmm {

class FileChardev final : public Chardev {
 public:
  // Opens `path`, and makes a file there if there is none, for this user only. Waits for nobody.
  // Errors: ENXIO (a FIFO that nobody reads), those of open(2); EMFILE, ENFILE, ENOMEM.
  static Result<std::unique_ptr<Chardev>> create(const std::string& path);
  ~FileChardev() override;

  void write(std::span<const std::byte> bytes) override { writer_.write(fd_.get(), bytes); }
  Result<void> connect(EventLoop&, Input) override { return {}; }
  void close() override { writer_.close(); }
  void keep_file() override { made_.clear(); }
  LostOutput* lost_output() override { return &writer_.lost(); }

 private:
  FileChardev(UniqueFd fd, std::string made, Output writer)
      : fd_(std::move(fd)), made_(std::move(made)), writer_(std::move(writer)) {}

  UniqueFd fd_;
  std::string made_;  // the path of the file that this has made, and may remove
  Output writer_;
};

}  // namespace vm_control::vmm

// SPDX-License-Identifier: BSD-3-Clause
// A file of a FUSE server that lets it be opened, and never answers again: what a hostile client
// can send. To close a duplicate of it blocks, and can't be killed, until stop(). For tests.
//
// One at a time, and without a fork() beside it: whatever closes a copy of the descriptor, also the
// end of a process, waits. The server goes with this object, with the test program, and after a
// minute, whichever is first.
#pragma once

#include <gtest/gtest.h>
#include <sys/types.h>

#include <memory>
#include <utility>

#include "vm_control/base/result.h"
#include "vm_control/base/test_directory.h"
#include "vm_control/base/unique_fd.h"

namespace vm_control {

class TestFuse {
 public:
  static constexpr size_t kFileSize = size_t{1} << 20;

  // Errors: ENOTSUP (no /dev/fuse here, or this user may not mount).
  static Result<std::unique_ptr<TestFuse>> create();
  ~TestFuse() { stop(); }
  TestFuse(const TestFuse&) = delete;
  TestFuse& operator=(const TestFuse&) = delete;

  // Open for reading and writing.
  int fd() const { return file_.get(); }

  // Ends the server. What waits for it fails, and the file can be closed.
  void stop();

 private:
  TestFuse() = default;

  TestDirectory directory_;
  pid_t server_ = -1;
  UniqueFd life_;  // the server ends when all copies of this are closed
  UniqueFd file_;
};

// A fixture with such a file, whose tests are skipped where there can't be one.
template <class Fixture = testing::Test>
class WithTestFuse : public Fixture {
 protected:
  void SetUp() override {
    auto fuse = TestFuse::create();
    if (!fuse) GTEST_SKIP() << fuse.error().message();
    fuse_ = std::move(*fuse);
  }

  std::unique_ptr<TestFuse> fuse_;
};

}  // namespace vm_control

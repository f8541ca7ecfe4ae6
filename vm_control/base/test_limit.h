// SPDX-License-Identifier: BSD-3-Clause
// Limits of this process (setrlimit(2)). For tests.
#pragma once

#include <gtest/gtest.h>
#include <sys/resource.h>

namespace vm_control {

// While this lives, a limit of the process is lower. The limit that it may be raised to stays.
class LowLimit {
 public:
  LowLimit(__rlimit_resource resource, rlim_t value) : resource_(resource) {
    EXPECT_EQ(getrlimit(resource, &saved_), 0);
    const rlimit low{.rlim_cur = value, .rlim_max = saved_.rlim_max};
    EXPECT_EQ(setrlimit(resource, &low), 0);
  }
  ~LowLimit() { EXPECT_EQ(setrlimit(resource_, &saved_), 0); }
  LowLimit(const LowLimit&) = delete;
  LowLimit& operator=(const LowLimit&) = delete;

 private:
  __rlimit_resource resource_;
  rlimit saved_{};
};

}  // namespace vm_control

// SPDX-License-Identifier: BSD-3-Clause
// A temporary directory that is removed with its owner, whatever is in it. For tests.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

namespace vm_control {

class TestDirectory {
 public:
  TestDirectory() {
    char name[] = "/tmp/vm_control_test.XXXXXX";
    path_ = mkdtemp(name);
  }
  ~TestDirectory() { std::filesystem::remove_all(path_); }
  TestDirectory(const TestDirectory&) = delete;
  TestDirectory& operator=(const TestDirectory&) = delete;

  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace vm_control

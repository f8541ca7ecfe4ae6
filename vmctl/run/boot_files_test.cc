// SPDX-License-Identifier: BSD-3-Clause
#include "vmctl/run/boot_files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "vm_control/base/test_directory.h"

namespace vm_control::vmctl {
namespace {

class BootFileTest : public testing::Test {
 protected:
  std::string path(const std::string& name) const { return directory_.path() + "/" + name; }

  static int code_of(const std::string& path) {
    auto file = BootFile::read(path);
    return file ? 0 : file.error().code();
  }

  TestDirectory directory_;
};

TEST_F(BootFileTest, HasTheBytesOfTheFile) {
  std::string content(10'001, 'x');
  content.back() = 'y';
  std::ofstream(path("file")) << content;
  auto file = BootFile::read(path("file"));
  ASSERT_TRUE(file);
  std::span<const std::byte> bytes = file->bytes();
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()), content);
}

TEST_F(BootFileTest, IsNothingAtFirst) {
  EXPECT_TRUE(BootFile().bytes().empty());
}

TEST_F(BootFileTest, WhatCantBeBootedIsRefusedAtOnce) {
  EXPECT_EQ(code_of(path("missing")), ENOENT);
  EXPECT_EQ(code_of(directory_.path()), EINVAL);
  EXPECT_EQ(code_of("/dev/null"), EINVAL);
  ASSERT_EQ(mkfifo(path("fifo").c_str(), 0600), 0);
  EXPECT_EQ(code_of(path("fifo")), EINVAL);
  std::ofstream(path("empty")).flush();
  EXPECT_EQ(code_of(path("empty")), EINVAL);
  std::ofstream(path("huge")).flush();
  ASSERT_EQ(truncate(path("huge").c_str(), off_t{4} << 30), 0);
  EXPECT_EQ(code_of(path("huge")), EFBIG);
}

}  // namespace
}  // namespace vm_control::vmctl

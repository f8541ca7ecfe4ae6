// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/boot/linux_image.h"

#include <gtest/gtest.h>

#include <string>

#include "vmm/boot/test_images.h"

namespace vm_control::vmm {
namespace {

TEST(LinuxImage, IsABzImageOrAnElfFile) {
  EXPECT_EQ(parse_linux_image(bz_image(good_header()))->segments.size(), 1u);
  EXPECT_EQ(parse_linux_image(good_elf().build())->segments.size(), 2u);
}

std::string message_of(std::string_view file) {
  auto image = parse_linux_image(std::as_bytes(std::span(file)));
  if (image) return "(an image)";
  EXPECT_EQ(image.error().code(), ENOEXEC);
  return image.error().message();
}

TEST(LinuxImage, SaysWhatIsWrongWithAnotherFile) {
  EXPECT_NE(message_of("").find("empty"), std::string::npos);
  EXPECT_NE(message_of("#!/bin/sh\n").find("neither"), std::string::npos);
  EXPECT_NE(message_of("\x1f\x8b\x08").find("gzip"), std::string::npos);
  EXPECT_NE(message_of("\xfd\x37zXZ").find("xz"), std::string::npos);
  EXPECT_NE(message_of("\x28\xb5\x2f\xfd").find("zstd"), std::string::npos);
  EXPECT_NE(message_of("MZ and more").find("EFI"), std::string::npos);
  EXPECT_NE(message_of("070701").find("initrd"), std::string::npos);
  EXPECT_NE(message_of("M").find("neither"), std::string::npos);
}

}  // namespace
}  // namespace vm_control::vmm

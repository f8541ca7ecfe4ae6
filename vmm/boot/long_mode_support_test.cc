// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/boot/long_mode_support.h"

#include <gtest/gtest.h>

#include <filesystem>

#include "vm_control/base/test_directory.h"

namespace vm_control::vmm {
namespace {

constexpr kvm_cpuid_entry2 kWithLongMode{.function = 0x8000'0001, .edx = uint32_t{1} << 29};
constexpr kvm_cpuid_entry2 kWithout{.function = 0x8000'0001, .edx = 1};

TEST(LongMode, IsThereIfTheCpuHasItAndKvmUsesTheHardware) {
  TestDirectory modules;
  std::filesystem::create_directory(modules.path() + "/kvm_amd");
  EXPECT_TRUE(check_long_mode({&kWithLongMode, 1}, modules.path()));
}

TEST(LongMode, IsMissingOnA32BitCpu) {
  TestDirectory modules;
  EXPECT_EQ(check_long_mode({&kWithout, 1}, modules.path()).error().code(), ENOTSUP);
  EXPECT_EQ(check_long_mode({}, modules.path()).error().code(), ENOTSUP);
}

TEST(LongMode, IsMissingWhereKvmHasNoHardware) {
  TestDirectory modules;
  std::filesystem::create_directory(modules.path() + "/kvm_pvm");
  auto supported = check_long_mode({&kWithLongMode, 1}, modules.path());
  ASSERT_FALSE(supported);
  EXPECT_EQ(supported.error().code(), ENOTSUP);
  EXPECT_NE(supported.error().message().find("hardware"), std::string::npos);
}

}  // namespace
}  // namespace vm_control::vmm

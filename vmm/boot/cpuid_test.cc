// SPDX-License-Identifier: BSD-3-Clause
#include "vmm/boot/cpuid.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <stdexcept>

namespace vm_control::vmm {
namespace {

constexpr kvm_cpuid_entry2 kIntel{.function = 0, .eax = 0x1f, .ebx = 0x756e'6547};
constexpr kvm_cpuid_entry2 kAmd{.function = 0, .eax = 0xd, .ebx = 0x6874'7541};

const kvm_cpuid_entry2& leaf_of(const kvm::Cpuid& cpuid, uint32_t function, uint32_t index = 0) {
  auto leaf = std::ranges::find_if(
      cpuid, [&](const auto& each) { return each.function == function && each.index == index; });
  if (leaf == cpuid.end()) throw std::runtime_error("there is no such leaf");
  return *leaf;
}

TEST(CpuidOfVcpu, NamesItsApicAndKeepsTheRest) {
  kvm::Cpuid supported{kIntel,
                       {.function = 0x1, .ebx = 0x7f001234, .ecx = 1},
                       {.function = 0x7, .ebx = 5, .edx = 6},
                       {.function = 0x4000'0001, .eax = 0x0100'0009}};
  kvm::Cpuid cpuid = cpuid_of_vcpu(supported, {.index = 3, .cpus = 6}, false);
  EXPECT_EQ(leaf_of(cpuid, 1).ebx, 0x03081234u);
  EXPECT_EQ(leaf_of(cpuid, 1).ecx, 0x80000001u);
  EXPECT_EQ(leaf_of(cpuid, 7).ebx, 5u);
  EXPECT_EQ(leaf_of(cpuid, 7).edx, 6u);
  EXPECT_EQ(leaf_of(cpuid, 0x4000'0001).eax, 0x0100'0009u);
}

TEST(CpuidOfVcpu, HasATimerWithADeadlineOnlyWhereKvmHas) {
  constexpr uint32_t kDeadline = 1 << 24;
  kvm::Cpuid supported{kIntel, {.function = 0x1, .ecx = kDeadline}};
  EXPECT_TRUE(leaf_of(cpuid_of_vcpu(supported, {}, true), 1).ecx & kDeadline);
  EXPECT_FALSE(leaf_of(cpuid_of_vcpu(supported, {}, false), 1).ecx & kDeadline);
}

TEST(CpuidOfVcpu, SaysWhetherItsPackageHasSeveralCores) {
  constexpr uint32_t kSeveralIds = 1 << 28;
  kvm::Cpuid supported{kIntel, {.function = 0x1, .edx = kSeveralIds}};
  EXPECT_FALSE(leaf_of(cpuid_of_vcpu(supported, {.cpus = 1}, false), 1).edx & kSeveralIds);
  EXPECT_TRUE(leaf_of(cpuid_of_vcpu(supported, {.cpus = 2}, false), 1).edx & kSeveralIds);
}

// The host's own topology, which KVM may pass on, goes.
TEST(CpuidOfVcpu, IsACoreOfOneThreadInOnePackage) {
  kvm::Cpuid supported{kIntel,
                       {.function = 0xb, .index = 0, .eax = 1, .ebx = 2, .edx = 77},
                       {.function = 0xb, .index = 1, .eax = 7, .ebx = 96, .edx = 77}};
  kvm::Cpuid cpuid = cpuid_of_vcpu(supported, {.index = 4, .cpus = 5}, false);
  for (uint32_t function : {0xbu, 0x1fu}) {
    EXPECT_EQ(std::ranges::count(cpuid, function, &kvm_cpuid_entry2::function), 3);
    const kvm_cpuid_entry2& thread = leaf_of(cpuid, function, 0);
    EXPECT_EQ(thread.eax, 0u);
    EXPECT_EQ(thread.ebx, 1u);
    EXPECT_EQ(thread.ecx, 0x100u);
    const kvm_cpuid_entry2& core = leaf_of(cpuid, function, 1);
    EXPECT_EQ(core.eax, 3u);
    EXPECT_EQ(core.ebx, 5u);
    EXPECT_EQ(core.ecx, 0x201u);
    EXPECT_EQ(leaf_of(cpuid, function, 2).ecx, 2u);
    for (uint32_t index = 0; index < 3; ++index) {
      EXPECT_EQ(leaf_of(cpuid, function, index).edx, 4u);
      EXPECT_EQ(leaf_of(cpuid, function, index).flags, KVM_CPUID_FLAG_SIGNIFCANT_INDEX);
    }
  }
}

TEST(CpuidOfVcpu, HasNoTopologyLeafThatItsCpuDoesNotHave) {
  kvm::Cpuid cpuid = cpuid_of_vcpu({kAmd}, {.cpus = 2}, false);
  EXPECT_EQ(std::ranges::count(cpuid, 0xbu, &kvm_cpuid_entry2::function), 3);
  EXPECT_EQ(std::ranges::count(cpuid, 0x1fu, &kvm_cpuid_entry2::function), 0);
}

TEST(CpuidOfVcpu, SharesItsLastCacheOnly) {
  kvm::Cpuid supported{kIntel,
                       {.function = 0x4, .index = 1, .eax = 0xffff'c000 | 2 << 5},
                       {.function = 0x4, .index = 3, .eax = 3 << 5},
                       {.function = 0x8000'001d, .index = 3, .eax = 3 << 5}};
  kvm::Cpuid cpuid = cpuid_of_vcpu(supported, {.cpus = 4}, false);
  EXPECT_EQ(leaf_of(cpuid, 4, 1).eax, 3u << 26 | 2u << 5);
  EXPECT_EQ(leaf_of(cpuid, 4, 3).eax, 3u << 26 | 3u << 14 | 3u << 5);
  EXPECT_EQ(leaf_of(cpuid, 0x8000'001d, 3).eax, 3u << 14 | 3u << 5);
}

TEST(CpuidOfVcpu, OfAmdCountsItsCoresInLeavesOfItsOwn) {
  kvm::Cpuid supported{kAmd,
                       {.function = 0x8000'0001, .ecx = 0},
                       {.function = 0x8000'0008, .eax = 0x3028, .ecx = 0x7fff},
                       {.function = 0x8000'001e, .eax = 9, .ebx = 0x109, .ecx = 0x100}};
  kvm::Cpuid cpuid = cpuid_of_vcpu(supported, {.index = 2, .cpus = 3}, false);
  EXPECT_EQ(leaf_of(cpuid, 0x8000'0001).ecx, 2u);
  EXPECT_EQ(leaf_of(cpuid, 0x8000'0008).eax, 0x3028u);
  EXPECT_EQ(leaf_of(cpuid, 0x8000'0008).ecx & 0xf0ff, 0x2002u);
  EXPECT_EQ(leaf_of(cpuid, 0x8000'001e).eax, 2u);
  EXPECT_EQ(leaf_of(cpuid, 0x8000'001e).ebx, 2u);
  EXPECT_EQ(leaf_of(cpuid, 0x8000'001e).ecx, 0u);
}

TEST(CpuidOfVcpu, OfIntelHasNoCountOfCoresInAmdsLeaves) {
  kvm::Cpuid supported{kIntel, {.function = 0x8000'0008, .eax = 0x3028}};
  kvm::Cpuid cpuid = cpuid_of_vcpu(supported, {.index = 2, .cpus = 3}, false);
  EXPECT_EQ(leaf_of(cpuid, 0x8000'0008).ecx, 0u);
}

// The field of leaf 1 has 8 bits, and that of leaf 4 has 6.
TEST(CpuidOfVcpu, CountsAsManyCoresAsAFieldHolds) {
  kvm::Cpuid supported{kIntel, {.function = 0x1}, {.function = 0x4, .index = 0, .eax = 1 << 5}};
  kvm::Cpuid cpuid = cpuid_of_vcpu(supported, {.index = 254, .cpus = 255}, false);
  EXPECT_EQ(leaf_of(cpuid, 1).ebx, 0xfeff'0000u);
  EXPECT_EQ(leaf_of(cpuid, 4).eax >> 26, 63u);
}

}  // namespace
}  // namespace vm_control::vmm

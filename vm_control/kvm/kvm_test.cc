// SPDX-License-Identifier: BSD-3-Clause
#include "vm_control/kvm/kvm.h"

#include <fcntl.h>
#include <unistd.h>

#include <filesystem>

#include "vm_control/kvm/test_machine.h"

namespace vm_control::kvm {
namespace {

TEST_F(KvmTest, TellsWhatTheHostCanDo) {
  const Capabilities& can = kvm_->capabilities();
  EXPECT_GE(can.memory_slots, 32u);
  EXPECT_GE(can.recommended_vcpus, 1u);
  EXPECT_GE(can.max_vcpus, can.recommended_vcpus);
  EXPECT_TRUE(can.ioeventfd && can.irqfd && can.irqchip && can.pit && can.immediate_exit);
  EXPECT_EQ(kvm_->vcpu_mapping_size() % kPageSize, 0u);
}

TEST_F(KvmTest, HasACpuidThatNamesItsVendorAndItsWidth) {
  auto cpuid = kvm_->supported_cpuid();
  ASSERT_TRUE(cpuid) << cpuid.error().message();
  auto leaf = std::ranges::find(*cpuid, 0u, &kvm_cpuid_entry2::function);
  ASSERT_NE(leaf, cpuid->end());
  EXPECT_NE(leaf->ebx, 0u);
  EXPECT_GE(guest_physical_bits(*cpuid), 32u);
}

TEST_F(KvmTest, LeavesNoDescriptorToAProgramThatIsExecuted) {
  start({});
  EXPECT_EQ(fcntl(kvm_->fd(), F_GETFD), FD_CLOEXEC);
  EXPECT_EQ(fcntl(vm_->fd(), F_GETFD), FD_CLOEXEC);
}

TEST(Kvm, SaysThatAHostHasNone) {
  auto kvm = Kvm::open("/nonexistent/kvm");
  ASSERT_FALSE(kvm);
  EXPECT_EQ(kvm.error().code(), ENOENT);
  EXPECT_EQ(kvm.error().message(),
            "open /nonexistent/kvm (no KVM on this host: is its kernel module loaded, "
            "virtualisation enabled?): ENOENT (No such file or directory)");
}

TEST(Kvm, SaysThatAUserMayNotUseIt) {
  auto path = std::filesystem::path(testing::TempDir()) / "kvm_without_permission";
  UniqueFd file(open(path.c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0));
  uid_t user = geteuid();
  constexpr uid_t kNobody = 65534;
  if (user == 0) {  // root may open everything
    ASSERT_EQ(seteuid(kNobody), 0);
  }
  auto kvm = Kvm::open(path);
  ASSERT_EQ(seteuid(user), 0);
  std::filesystem::remove(path);
  ASSERT_FALSE(kvm);
  EXPECT_EQ(kvm.error().code(), EACCES);
  EXPECT_NE(kvm.error().message().find("group"), std::string::npos);
}

TEST(Kvm, RefusesADeviceThatIsNotKvm) {
  auto kvm = Kvm::open("/dev/null");
  EXPECT_EQ(kvm.error().code(), ENOTTY);
  EXPECT_EQ(kvm.error().message(),
            "use /dev/null (it is not KVM): ENOTTY (Inappropriate ioctl for device)");
}

}  // namespace
}  // namespace vm_control::kvm

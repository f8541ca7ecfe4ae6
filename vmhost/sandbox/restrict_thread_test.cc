// SPDX-License-Identifier: BSD-3-Clause
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/kvm.h>
#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/vfs.h>

#include <array>
#include <functional>
#include <new>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "vm_control/base/event_fd.h"
#include "vm_control/base/event_loop.h"
#include "vm_control/base/memory_mapping.h"
#include "vm_control/base/shared_memory.h"
#include "vm_control/base/test_directory.h"
#include "vm_control/kvm/test_machine.h"
#include "vmhost/sandbox/sandbox.h"
#include "vmhost/sandbox/test_child.h"

namespace vm_control::vmhost {
namespace {

constexpr std::array kRoles = {ThreadRole::kControl, ThreadRole::kVcpu, ThreadRole::kDevice,
                               ThreadRole::kPrincipal};

const char* name_of(ThreadRole role) {
  switch (role) {
    case ThreadRole::kControl:
      return "Control";
    case ThreadRole::kVcpu:
      return "Vcpu";
    case ThreadRole::kDevice:
      return "Device";
    case ThreadRole::kPrincipal:
      return "Principal";
  }
  return "";
}

template <class Body>
Ending in_role(ThreadRole role, Body body) {
  return in_child([&] {
    IN_CHILD(restrict_thread(role));
    body();
  });
}

// Calls the kernel directly, without what a C library or a sanitizer does before.
struct Forbidden {
  const char* name;
  std::function<void()> call;
};

const sockaddr_un kAddress{.sun_family = AF_UNIX, .sun_path = "/run/nothing"};

const Forbidden kForbidden[] = {
    {"open", [] { syscall(SYS_open, "/dev/null", O_RDONLY); }},
    {"openat", [] { syscall(SYS_openat, AT_FDCWD, "/dev/null", O_RDONLY); }},
    {"openat2", [] { syscall(SYS_openat2, AT_FDCWD, "/dev/null", nullptr, 0); }},
    {"creat", [] { syscall(SYS_creat, "/nowhere/nothing", 0); }},
    {"execve", [] { syscall(SYS_execve, "/bin/true", nullptr, nullptr); }},
    {"execveat", [] { syscall(SYS_execveat, AT_FDCWD, "/bin/true", nullptr, nullptr, 0); }},
    {"fork", [] { syscall(SYS_fork); }},
    {"vfork", [] { syscall(SYS_vfork); }},
    {"clone", [] { syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0); }},
    {"clone3", [] { syscall(SYS_clone3, nullptr, 0); }},
    {"socket", [] { syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0); }},
    {"connect", [] { syscall(SYS_connect, 0, &kAddress, sizeof kAddress); }},
    {"bind", [] { syscall(SYS_bind, 0, &kAddress, sizeof kAddress); }},
    {"listen", [] { syscall(SYS_listen, 0, 1); }},
    {"socketpair_inet", [] { syscall(SYS_socketpair, AF_INET, SOCK_STREAM, 0, nullptr); }},
    {"ptrace", [] { syscall(SYS_ptrace, PTRACE_TRACEME, 0, 0, 0); }},
    {"process_vm_readv", [] { syscall(SYS_process_vm_readv, getppid(), 0, 0, 0, 0, 0); }},
    {"process_vm_writev", [] { syscall(SYS_process_vm_writev, getppid(), 0, 0, 0, 0, 0); }},
    {"pidfd_open", [] { syscall(SYS_pidfd_open, getppid(), 0); }},
    {"pidfd_getfd", [] { syscall(SYS_pidfd_getfd, 0, 0, 0); }},
    {"io_uring_setup", [] { syscall(SYS_io_uring_setup, 1, nullptr); }},
    {"bpf", [] { syscall(SYS_bpf, 0, nullptr, 0); }},
    {"keyctl", [] { syscall(SYS_keyctl, 0, 0, 0, 0, 0); }},
    {"userfaultfd", [] { syscall(SYS_userfaultfd, 0); }},
    {"perf_event_open", [] { syscall(SYS_perf_event_open, nullptr, 0, -1, -1, 0); }},
    {"mount", [] { syscall(SYS_mount, nullptr, nullptr, nullptr, 0, nullptr); }},
    {"unshare", [] { syscall(SYS_unshare, CLONE_NEWUSER); }},
    {"setuid", [] { syscall(SYS_setuid, 0); }},
    {"chmod", [] { syscall(SYS_chmod, "/nowhere/nothing", 0777); }},
    {"rename", [] { syscall(SYS_rename, "/nowhere/nothing", "/nowhere/else"); }},
    {"mmap_exec",
     [] { syscall(SYS_mmap, 0, 4096, PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0); }},
    {"mprotect_exec", [] { syscall(SYS_mprotect, 0, 0, PROT_READ | PROT_EXEC); }},
    {"kill_hangup", [] { syscall(SYS_kill, getpid(), SIGCONT); }},
    {"tgkill_of_another", [] { syscall(SYS_tgkill, 1, 1, 0); }},
    {"fallocate",
     [] {
       constexpr int kMode = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;
       syscall(SYS_fallocate, -1, kMode, 0, 4096);
     }},
    {"ioctl_tiocsti", [] { syscall(SYS_ioctl, 0, TIOCSTI, ""); }},
    {"ioctl_kvm_create_vm", [] { syscall(SYS_ioctl, 0, KVM_CREATE_VM, 0); }},
    {"ioctl_kvm_create_vcpu", [] { syscall(SYS_ioctl, 0, KVM_CREATE_VCPU, 0); }},
};

using Case = std::tuple<ThreadRole, Forbidden>;

class ForbiddenCall : public testing::TestWithParam<Case> {};

TEST_P(ForbiddenCall, KillsTheProcess) {
  const auto& [role, forbidden] = GetParam();
  Ending ending = in_role(role, forbidden.call);
  EXPECT_TRUE(ending.was_by(SIGSYS)) << ending;
}

INSTANTIATE_TEST_SUITE_P(Roles, ForbiddenCall,
                         testing::Combine(testing::ValuesIn(kRoles), testing::ValuesIn(kForbidden)),
                         [](const auto& test) {
                           return std::string(name_of(std::get<0>(test.param))) + "_" +
                                  std::get<1>(test.param).name;
                         });

TEST(RestrictThread, WhatOneRoleNeedsAnotherIsDenied) {
  auto dies = [](ThreadRole role, auto call) { return in_role(role, call).was_by(SIGSYS); };
  auto run = [] { syscall(SYS_ioctl, -1, KVM_RUN, 0); };
  auto set_memory = [] { syscall(SYS_ioctl, -1, KVM_SET_USER_MEMORY_REGION, 0); };
  auto drm = [] { syscall(SYS_ioctl, -1, _IO('d', 0x1f), 0); };
  auto receive = [] { syscall(SYS_recvmsg, -1, nullptr, 0); };
  auto remove = [] { syscall(SYS_unlink, "/nowhere/nothing"); };
  auto end = [] { syscall(SYS_kill, getpid(), SIGKILL); };
  EXPECT_TRUE(dies(ThreadRole::kControl, run));
  EXPECT_TRUE(dies(ThreadRole::kPrincipal, run));
  EXPECT_TRUE(dies(ThreadRole::kVcpu, set_memory));
  EXPECT_TRUE(dies(ThreadRole::kDevice, run));
  EXPECT_TRUE(dies(ThreadRole::kDevice, set_memory));
  EXPECT_TRUE(dies(ThreadRole::kDevice, receive));
  EXPECT_TRUE(dies(ThreadRole::kControl, drm));
  EXPECT_TRUE(dies(ThreadRole::kVcpu, drm));
  auto accept = [] { syscall(SYS_accept4, -1, nullptr, nullptr, 0); };
  EXPECT_TRUE(dies(ThreadRole::kVcpu, receive));
  EXPECT_TRUE(dies(ThreadRole::kVcpu, remove));
  for (ThreadRole role : {ThreadRole::kVcpu, ThreadRole::kPrincipal}) {
    EXPECT_TRUE(dies(role, accept));
    EXPECT_TRUE(dies(role, end));
  }
}

TEST(RestrictThread, LeavesOtherThreadsAlone) {
  Ending ending = in_child([] {
    std::thread([] { IN_CHILD(restrict_thread(ThreadRole::kPrincipal)); }).join();
    UniqueFd null(open("/dev/null", O_RDONLY | O_CLOEXEC));
    IN_CHILD(null);
  });
  EXPECT_TRUE(ending.was_good()) << ending;
}

TEST(RestrictThread, EveryRoleAllocatesPrintsAndSleeps) {
  for (ThreadRole role : kRoles) {
    Ending ending = in_child([&] {
      IN_CHILD(restrict_process({}));
      std::thread([&] {
        IN_CHILD(restrict_thread(role));
        // By the heap, which grows and shrinks, and by mmap().
        for (size_t size : {size_t{100}, size_t{100'000}, size_t{1} << 26}) {
          std::vector<std::vector<char>> many(10, std::vector<char>(size / 10, 'x'));
          std::vector<char> one(size, 'x');
          one.resize(2 * size);
          IN_CHILD(one.back() == 0);
        }
        std::fprintf(stdout, "%s", "");
        std::fflush(stdout);
        std::this_thread::sleep_for(std::chrono::microseconds(1));
      }).join();
    });
    EXPECT_TRUE(ending.was_good()) << name_of(role) << " " << ending;
  }
}

TEST(RestrictThread, ACrashDiesByItsOwnSignal) {
  for (ThreadRole role : kRoles) {
    Ending aborted = in_role(role, [] { std::abort(); });
    EXPECT_TRUE(aborted.was_by(SIGABRT)) << name_of(role) << " " << aborted;
    Ending crashed = in_role(role, [] {
      // Sanitizers handle it themselves.
      std::signal(SIGSEGV, SIG_DFL);
      std::raise(SIGSEGV);
    });
    EXPECT_TRUE(crashed.was_by(SIGSEGV)) << name_of(role) << " " << crashed;
    Ending unhandled = in_role(role, [] { throw std::bad_alloc(); });
    EXPECT_TRUE(unhandled.was_by(SIGABRT)) << name_of(role) << " " << unhandled;
  }
}

TEST(RestrictThread, EveryRoleEndsItsWaits) {
  for (ThreadRole role : kRoles) {
    Ending ending = in_child([&] {
      EventFd event = *EventFd::create();
      IN_CHILD(restrict_thread(role));
      event.signal();
      pollfd waiting{.fd = event.fd(), .events = POLLIN, .revents = 0};
      IN_CHILD(poll(&waiting, 1, -1) == 1);
      IN_CHILD(event.take() == 1);
    });
    EXPECT_TRUE(ending.was_good()) << name_of(role) << " " << ending;
  }
}

TEST(RestrictThread, ControlAndPrincipalsMakeAndMapMemory) {
  for (ThreadRole role : {ThreadRole::kControl, ThreadRole::kPrincipal}) {
    Ending ending = in_role(role, [] {
      auto memory = SharedMemory::create("test", 2 * kHugePageSize);
      IN_CHILD(memory);
      IN_CHILD(fcntl(memory->fd(), F_ADD_SEALS, F_SEAL_SHRINK) == 0);
      IN_CHILD(fcntl(memory->fd(), F_GETFL) >= 0);
      auto mapping = MemoryMapping::shared(memory->fd(), 0, 2 * kHugePageSize);
      IN_CHILD(mapping);
      mapping->data()[0] = std::byte{1};
      struct statx status {};
      IN_CHILD(statx(memory->fd(), "", AT_EMPTY_PATH, STATX_SIZE, &status) == 0);
      struct statfs file_system {};
      IN_CHILD(fstatfs(memory->fd(), &file_system) == 0);
      IN_CHILD(pwrite(memory->fd(), "", 1, 0) == 1);
      IN_CHILD(UniqueFd::duplicate(memory->fd()));
    });
    EXPECT_TRUE(ending.was_good()) << name_of(role) << " " << ending;
  }
}

TEST(RestrictThread, ControlSaysWhoItIs) {
  Ending ending = in_role(ThreadRole::kControl, [] {
    IN_CHILD(getpid() > 0);
    IN_CHILD(getuid() != static_cast<uid_t>(-1) && geteuid() != static_cast<uid_t>(-1));
    IN_CHILD(getegid() != static_cast<gid_t>(-1));
  });
  EXPECT_TRUE(ending.was_good()) << ending;
}

// A listening socket, and one that is connected to it.
struct Listener {
  explicit Listener(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    const auto* name = reinterpret_cast<const sockaddr*>(&address);
    EXPECT_EQ(::bind(listening.get(), name, sizeof address), 0);
    EXPECT_EQ(::listen(listening.get(), 1), 0);
    EXPECT_EQ(::connect(client.get(), name, sizeof address), 0);
  }

  UniqueFd listening{socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)};
  UniqueFd client{socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0)};
};

TEST(RestrictThread, ControlServesASocketAndRemovesIt) {
  TestDirectory directory;
  std::string path = directory.path() + "/vm.sock";
  Listener sockets(path);
  Ending ending = in_child([&] {
    UniqueFd epoll(epoll_create1(EPOLL_CLOEXEC));
    EventLoop loop = *EventLoop::create();
    IN_CHILD(restrict_thread(ThreadRole::kControl));
    bool called = false;
    Timer timer = loop.call_at(EventLoop::Clock::now(), [&] { called = true; });
    loop.run_once(-1);
    IN_CHILD(called);
    epoll_event event{.events = EPOLLIN, .data = {}};
    IN_CHILD(epoll_ctl(epoll.get(), EPOLL_CTL_ADD, sockets.listening.get(), &event) == 0);
    IN_CHILD(epoll_wait(epoll.get(), &event, 1, -1) == 1);
    UniqueFd peer(accept4(sockets.listening.get(), nullptr, nullptr, SOCK_CLOEXEC));
    IN_CHILD(peer);
    ucred credentials;
    socklen_t size = sizeof credentials;
    IN_CHILD(getsockopt(peer.get(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) == 0);
    IN_CHILD(send(sockets.client.get(), "?", 1, 0) == 1);
    char letter = 0;
    iovec vector{&letter, 1};
    msghdr message{};
    message.msg_iov = &vector;
    message.msg_iovlen = 1;
    IN_CHILD(recvmsg(peer.get(), &message, MSG_CMSG_CLOEXEC) == 1);
    IN_CHILD(sendmsg(peer.get(), &message, MSG_NOSIGNAL) == 1);
    IN_CHILD(shutdown(peer.get(), SHUT_RDWR) == 0);
    int pair[2];
    IN_CHILD(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) == 0);
    struct stat status;
    IN_CHILD(lstat(path.c_str(), &status) == 0);
    IN_CHILD(unlink(path.c_str()) == 0);
  });
  EXPECT_TRUE(ending.was_good()) << ending;
}

TEST(RestrictThread, ControlEndsADeviceProcess) {
  Ending ending = in_child([] {
    pid_t device = fork();
    if (device == 0) {
      for (;;) pause();
    }
    IN_CHILD(restrict_thread(ThreadRole::kControl));
    IN_CHILD(kill(device, SIGTERM) == 0);
    int status;
    IN_CHILD(waitpid(device, &status, 0) == device);
    IN_CHILD(WIFSIGNALED(status));
  });
  EXPECT_TRUE(ending.was_good()) << ending;
}

GUEST_CODE16(done, "out %al, $0xf4");

class SandboxedKvm : public kvm::KvmTest {};

TEST_F(SandboxedKvm, AVcpuRunsAndIsKicked) {
  start(done);
  Ending ending = in_child([&] {
    // KVM serves the process that made the VM only, so the child has its own.
    auto kvm = kvm::Kvm::open();
    auto vm = kvm::Vm::create(*kvm);
    auto ram = MemoryMapping::anonymous(kvm::kRamSize);
    IN_CHILD(vm->set_memory(Slot(0), kvm::range(0, kvm::kRamSize), ram->data(), {}));
    std::ranges::copy(done, ram->data() + kvm::kCodeStart);
    auto vcpu = kvm::Vcpu::create(*kvm, *vm, 0);
    kvm_sregs sregs = *vcpu->sregs();
    sregs.cs.base = sregs.cs.selector = 0;
    IN_CHILD(vcpu->set_sregs(sregs));
    kvm_regs regs{};
    regs.rip = kvm::kCodeStart;
    regs.rflags = 2;
    IN_CHILD(vcpu->set_regs(regs));
    IN_CHILD(restrict_thread(ThreadRole::kVcpu));
    vcpu->kick();
    auto exit = vcpu->run();
    IN_CHILD(exit && std::holds_alternative<kvm::Interrupted>(*exit));
    exit = vcpu->run();
    IN_CHILD(exit && std::holds_alternative<kvm::PortWrite>(*exit));
    IN_CHILD(vcpu->regs());
  });
  EXPECT_TRUE(ending.was_good()) << ending;
}

TEST_F(SandboxedKvm, ControlChangesTheVm) {
  Ending ending = in_child([&] {
    auto kvm = kvm::Kvm::open();
    auto vm = kvm::Vm::create(*kvm);
    IN_CHILD(vm->create_irqchip());
    EventFd event = *EventFd::create();
    MemoryMapping memory = *MemoryMapping::anonymous(kPageSize);
    IN_CHILD(restrict_thread(ThreadRole::kControl));
    Slot slot(1);
    IN_CHILD(vm->set_memory(slot, kvm::range(kvm::kFree, kPageSize), memory.data(),
                            {.log_dirty = true}));
    IN_CHILD(vm->take_dirty_log(slot));
    IN_CHILD(vm->remove_memory(slot));
    Ioevent ioevent{.address = kvm::kFree, .length = 4};
    IN_CHILD(vm->register_ioevent(event.fd(), ioevent));
    IN_CHILD(vm->unregister_ioevent(event.fd(), ioevent));
    IN_CHILD(vm->register_irqfd(event.fd(), 5));
    IN_CHILD(vm->unregister_irqfd(event.fd(), 5));
  });
  EXPECT_TRUE(ending.was_good()) << ending;
}

}  // namespace
}  // namespace vm_control::vmhost

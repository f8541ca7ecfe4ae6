// SPDX-License-Identifier: BSD-3-Clause
#include "vmhost/sandbox/system_calls.h"

#include <fcntl.h>
#include <linux/kvm.h>
#include <linux/sockios.h>
#include <linux/udmabuf.h>
#include <seccomp.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <utility>

namespace vm_control::vmhost {
namespace {

// The columns of the table.
constexpr unsigned kC = 1;  // control
constexpr unsigned kV = 2;  // vCPU
constexpr unsigned kP = 4;  // principal
constexpr unsigned kD = 8;  // device
constexpr unsigned kAll = kC | kV | kP | kD;

struct Row {
  int number;
  unsigned roles;
  std::optional<ArgumentRule> only_if = {};
};

// The kernel uses only the lower 32 bits of the arguments that are compared here.
ArgumentRule is(unsigned argument, uint64_t value) {
  return {.argument = argument, .mask = 0xffff'ffff, .value = value & 0xffff'ffff};
}

ArgumentRule lacks(unsigned argument, uint64_t bits) {
  return {.argument = argument, .mask = bits, .value = 0};
}

// An ioctl of the driver family `type`: the second byte of its number.
ArgumentRule is_ioctl_of(unsigned char type) {
  return {.argument = 1, .mask = 0xff00, .value = uint64_t{type} << 8};
}

std::vector<Row> table() {
  return {
      // Memory, mostly malloc's. No thread makes code.
      {SCMP_SYS(brk), kAll},
      {SCMP_SYS(madvise), kAll},
      {SCMP_SYS(mmap), kAll, lacks(2, PROT_EXEC)},
      {SCMP_SYS(mprotect), kAll, lacks(2, PROT_EXEC)},
      {SCMP_SYS(mremap), kAll},
      {SCMP_SYS(munmap), kAll},
      // malloc counts the CPUs to know how many arenas there may be.
      {SCMP_SYS(sched_getaffinity), kAll},
      {SCMP_SYS(getrandom), kAll},  // malloc again, and hash tables

      // Threads, time, and the ways to end.
      {SCMP_SYS(futex), kAll},
      {SCMP_SYS(sched_yield), kAll},
      {SCMP_SYS(restart_syscall), kAll},  // a process that was stopped and continued
      {SCMP_SYS(clock_gettime), kAll},    // for clock sources that the vDSO does not know
      {SCMP_SYS(clock_nanosleep), kAll},
      {SCMP_SYS(nanosleep), kAll},
      {SCMP_SYS(exit), kAll},
      {SCMP_SYS(exit_group), kAll},

      // Signals: to kick a vCPU, and to die of a crash by the signal of the crash.
      {SCMP_SYS(rt_sigaction), kAll},
      {SCMP_SYS(rt_sigprocmask), kAll},
      {SCMP_SYS(rt_sigreturn), kAll},
      {SCMP_SYS(sigaltstack), kAll},  // AddressSanitizer gives it back as a thread ends
      {SCMP_SYS(getpid), kAll},
      {SCMP_SYS(gettid), kAll},
      {SCMP_SYS(getuid), kC | kP},  // the owner of the guest's RAM
      {SCMP_SYS(geteuid), kC | kP},
      {SCMP_SYS(getegid), kC | kP},
      {SCMP_SYS(tgkill), kAll, is(0, static_cast<uint64_t>(getpid()))},
      // Ending device processes, by these two signals only.
      {SCMP_SYS(kill), kC, is(1, SIGTERM)},
      {SCMP_SYS(kill), kC, is(1, SIGKILL)},
      {SCMP_SYS(wait4), kC},
      {SCMP_SYS(waitid), kC},

      // Open descriptors.
      {SCMP_SYS(read), kAll},
      {SCMP_SYS(readv), kAll},
      {SCMP_SYS(write), kAll},
      {SCMP_SYS(writev), kAll},
      {SCMP_SYS(pread64), kC | kP},
      {SCMP_SYS(pwrite64), kC | kP},  // a dirty log into its memfd
      {SCMP_SYS(lseek), kC | kP},
      {SCMP_SYS(close), kAll},
      {SCMP_SYS(dup), kC | kP},
      {SCMP_SYS(ftruncate), kC | kP},
      {SCMP_SYS(prlimit64), kC | kP, is(2, 0)},  // reads limits: of files and of memory
      {SCMP_SYS(fstat), kAll},
      // Debian 12's glibc calls it for fstat(), and BoundSocket before it removes its socket. It
      // also shows the attributes of files that are not open.
      {SCMP_SYS(newfstatat), kAll},
      {SCMP_SYS(statx), kC | kP},
      {SCMP_SYS(fstatfs), kC | kP},  // the size of huge pages
      {SCMP_SYS(poll), kAll},
      {SCMP_SYS(ppoll), kAll},
      {SCMP_SYS(epoll_wait), kC | kP | kD},
      {SCMP_SYS(epoll_pwait), kC | kP | kD},
      {SCMP_SYS(epoll_ctl), kC | kP | kD},
      {SCMP_SYS(fcntl), kC | kP, is(1, F_DUPFD_CLOEXEC)},
      {SCMP_SYS(fcntl), kC | kP, is(1, F_GETFD)},
      {SCMP_SYS(fcntl), kC | kP, is(1, F_SETFD)},
      {SCMP_SYS(fcntl), kAll, is(1, F_GETFL)},
      {SCMP_SYS(fcntl), kC | kP, is(1, F_SETFL)},
      {SCMP_SYS(fcntl), kC | kP, is(1, F_ADD_SEALS)},
      {SCMP_SYS(fcntl), kC | kP, is(1, F_GET_SEALS)},
      // How much a peer has not taken from its socket.
      {SCMP_SYS(ioctl), kC | kP, is(1, SIOCOUTQ)},
      // A thread that crashes puts the terminal back, if its job is in the foreground.
      {SCMP_SYS(ioctl), kAll, is(1, TIOCGPGRP)},
      {SCMP_SYS(ioctl), kAll, is(1, TCGETS)},
      {SCMP_SYS(ioctl), kAll, is(1, TCSETS)},

      // New descriptors that lead nowhere outside.
      {SCMP_SYS(eventfd2), kC | kP},
      {SCMP_SYS(memfd_create), kC | kP},
      // UndefinedBehaviorSanitizer writes to a pipe to find out whether an object can be read.
      {SCMP_SYS(pipe2), kAll},
      {SCMP_SYS(timerfd_create), kC | kP},
      {SCMP_SYS(timerfd_settime), kC | kP | kD},
      {SCMP_SYS(timerfd_gettime), kC | kP | kD},
      {SCMP_SYS(socketpair), kC | kP, is(0, AF_UNIX)},

      // Bound sockets.
      {SCMP_SYS(accept4), kC},
      {SCMP_SYS(recvfrom), kC | kP},
      {SCMP_SYS(recvmsg), kC | kP},
      {SCMP_SYS(sendto), kC | kP},
      {SCMP_SYS(sendmsg), kC | kP},
      {SCMP_SYS(shutdown), kC | kP},
      {SCMP_SYS(getsockopt), kC | kP, is(1, SOL_SOCKET)},
      {SCMP_SYS(setsockopt), kC | kP, is(1, SOL_SOCKET)},
      // The sockets are removed at the end. Landlock limits where; without it, the user's rights
      // do.
      {SCMP_SYS(unlink), kC | kP},
      {SCMP_SYS(unlinkat), kC | kP},

      // KVM.
      {SCMP_SYS(ioctl), kV, is(1, KVM_RUN)},
      {SCMP_SYS(ioctl), kV, is(1, KVM_GET_REGS)},  // tells where a vCPU failed
      {SCMP_SYS(ioctl), kC | kP, is(1, KVM_SET_USER_MEMORY_REGION)},
      {SCMP_SYS(ioctl), kC | kP, is(1, KVM_GET_DIRTY_LOG)},
      {SCMP_SYS(ioctl), kC | kP, is(1, KVM_IOEVENTFD)},
      {SCMP_SYS(ioctl), kC | kP, is(1, KVM_IRQFD)},

      // GPU memory. Each driver has requests of its own, which only Mesa knows.
      {SCMP_SYS(ioctl), kP, is_ioctl_of('d')},
      {SCMP_SYS(ioctl), kP, is(1, UDMABUF_CREATE)},
      {SCMP_SYS(ioctl), kP, is(1, UDMABUF_CREATE_LIST)},
  };
}

unsigned column(ThreadRole role) {
  switch (role) {
    case ThreadRole::kControl:
      return kC;
    case ThreadRole::kVcpu:
      return kV;
    case ThreadRole::kPrincipal:
      return kP;
    case ThreadRole::kDevice:
      return kD;
  }
  return 0;
}

}  // namespace

std::vector<AllowedCall> allowed_calls(ThreadRole role) {
  std::vector<AllowedCall> calls;
  for (const Row& row : table()) {
    if (row.roles & column(role)) calls.push_back({row.number, row.only_if});
  }
  return calls;
}

}  // namespace vm_control::vmhost

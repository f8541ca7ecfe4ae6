// SPDX-License-Identifier: BSD-3-Clause
#include "vmhost/sandbox/sandbox.h"

#include <linux/capability.h>
#include <malloc.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <atomic>

#include "vm_control/base/try.h"
#include "vmhost/sandbox/landlock.h"

namespace vm_control::vmhost {
namespace {

std::atomic<bool> g_restricted{false};

Result<void> forgo_new_privileges() {
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) return fail_errno("forgo new privileges");
  return {};
}

// The bounding set takes a privilege to change, and without one there is little to lose.
void empty_bounding_set() {
  unsigned long capability = 0;
  while (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0) ++capability;
}

Result<void> drop_capabilities() {
  constexpr const char* kAction = "drop the capabilities";
  empty_bounding_set();
  if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0) return fail_errno(kAction);
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> none{};
  if (syscall(SYS_capset, &header, none.data()) < 0) return fail_errno(kAction);
  return {};
}

// Where threads have arenas of their own, glibc's malloc opens a file of /proc before it first
// gives memory of one back.
void share_one_arena() {
  mallopt(M_ARENA_MAX, 1);
}

}  // namespace

Result<ProcessRestrictions> restrict_process(const ProcessRules& rules) {
  g_restricted = true;
  share_one_arena();
  TRY(forgo_new_privileges());
  ProcessRestrictions done{.landlock = landlock_abi()};
  // Before the capabilities go: the directories of the sockets may be another user's.
  if (done.landlock > 0) TRY(enter_landlock(done.landlock, rules));
  TRY(drop_capabilities());
  return done;
}

}  // namespace vm_control::vmhost

// LeakSanitizer, where it is linked in, asks this at exit. It looks for leaks from a process of its
// own, which it can't start in here.
extern "C" int __lsan_is_turned_off() {
  return vm_control::vmhost::g_restricted;
}

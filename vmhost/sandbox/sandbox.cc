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

// Only a process with privileges can change the bounding set, and only such a one needs to.
void empty_bounding_set() {
  unsigned long capability = 0;
  while (prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) == 0) ++capability;
}

// Drops the capabilities that are not in `kept`, a set of those with numbers below 32.
Result<void> drop_capabilities(uint32_t kept) {
  constexpr const char* kAction = "drop the capabilities";
  empty_bounding_set();
  if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0) return fail_errno(kAction);
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> has{};
  if (syscall(SYS_capget, &header, has.data()) < 0) return fail_errno(kAction);
  kept &= has[0].permitted;
  std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3> sets{};
  sets[0] = {.effective = kept, .permitted = kept, .inheritable = 0};
  if (syscall(SYS_capset, &header, sets.data()) < 0) return fail_errno(kAction);
  return {};
}

// Makes all threads allocate from one arena. With several, glibc's malloc opens a file of /proc
// before it first frees memory of one.
void share_one_arena() {
  mallopt(M_ARENA_MAX, 1);
}

}  // namespace

Result<ProcessRestrictions> restrict_process(const ProcessRules& rules) {
  g_restricted = true;
  share_one_arena();
  TRY(forgo_new_privileges());
  ProcessRestrictions done{.landlock = landlock_abi()};
  // Landlock comes before the capabilities go: the sockets' directories may belong to another user.
  if (done.landlock > 0) TRY(enter_landlock(done.landlock, rules));
  TRY(drop_capabilities(rules.ends_other_users ? uint32_t{1} << CAP_KILL : 0));
  return done;
}

}  // namespace vm_control::vmhost

// LeakSanitizer calls this at exit, where it is linked in. Its search for leaks runs in a process
// of its own, which it can't start inside of the sandbox.
extern "C" int __lsan_is_turned_off() {
  return vm_control::vmhost::g_restricted;
}

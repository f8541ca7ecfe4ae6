// SPDX-License-Identifier: BSD-3-Clause
// restrict_thread(): makes the filter that the kernel runs before each system call of a thread, out
// of the table in system_calls.cc.
#include <seccomp.h>

#include <memory>
#include <type_traits>

#include "vm_control/base/try.h"
#include "vmhost/sandbox/sandbox.h"
#include "vmhost/sandbox/system_calls.h"

namespace vm_control::vmhost {
namespace {

constexpr const char* kRestrictCalls = "restrict the system calls of a thread (seccomp)";

struct ReleaseFilter {
  void operator()(scmp_filter_ctx filter) const { seccomp_release(filter); }
};
using Filter = std::unique_ptr<std::remove_pointer_t<scmp_filter_ctx>, ReleaseFilter>;

// libseccomp returns errno values, negated.
Result<void> check(int result) {
  if (result < 0) return fail(-result, kRestrictCalls);
  return {};
}

Result<void> add_rule(const Filter& filter, const AllowedCall& call) {
  if (!call.only_if) return check(seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, call.number, 0));
  const ArgumentRule& rule = *call.only_if;
  scmp_arg_cmp compare{rule.argument, SCMP_CMP_MASKED_EQ, rule.mask, rule.value};
  return check(seccomp_rule_add_array(filter.get(), SCMP_ACT_ALLOW, call.number, 1, &compare));
}

}  // namespace

Result<void> restrict_thread(ThreadRole role) {
  // Kills the process, not the thread: without one of its threads the rest would hang.
  Filter filter(seccomp_init(SCMP_ACT_KILL_PROCESS));
  if (!filter) return fail(ENOMEM, kRestrictCalls);
  TRY(check(seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS)));
  // ioctl comes first in the filter, since KVM_RUN is the call that has to be fast.
  constexpr uint8_t kFirst = 255;
  TRY(check(seccomp_syscall_priority(filter.get(), SCMP_SYS(ioctl), kFirst)));
  for (const AllowedCall& call : allowed_calls(role)) TRY(add_rule(filter, call));
  return check(seccomp_load(filter.get()));
}

}  // namespace vm_control::vmhost

// SPDX-License-Identifier: BSD-3-Clause
// vmctl balloon VM
#include "vmctl/cli/balloon_text.h"
#include "vmctl/cli/report.h"
#include "vmctl/cli/resident_memory.h"
#include "vmctl/cli/vm.h"
#include "vmctl/commands/balloon.h"

namespace vm_control::vmctl {

ExitStatus show_balloon(const Context& context, const BalloonOptions& options) {
  auto ask = [&](Client& vm) -> CallResult<> {
    BalloonReport report;
    report.status = TRY(vm.balloon_status());
    report.stats = TRY(unless_refused(vm.balloon_stats()));
    VmStatus status = TRY(vm.status());
    report.resident_bytes = resident_memory(vm, status.pid);
    print_result(context, format_balloon(report), balloon_json(options.vm, report));
    return {};
  };
  return with_extended_vm(context, options.vm, "balloon VM", ask,
                          {{EOPNOTSUPP, "it is of a version that does not tell about balloons"}});
}

}  // namespace vm_control::vmctl
